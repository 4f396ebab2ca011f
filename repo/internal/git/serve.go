package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// This file is what git upload-pack does, for machines without the git program: the
// first version of git's protocol (gitprotocol-pack), one request and one answer at a
// time, as it goes over HTTP. Branch main is all there is to fetch. Shallow clones and
// filters are not offered, and objects go out whole: it costs more than git's own.

// uploadCapabilities is what the server is able to do.
const uploadCapabilities = "ofs-delta symref=HEAD:" + mainRef + " agent=stemma"

// maxHaves bounds the commits that a request may name as known to the client.
const maxHaves = 1 << 16

// RequestError says what is wrong with what a client of git's protocol asked for.
type RequestError struct{ Reason string }

func (e *RequestError) Error() string { return e.Reason }

// AdvertiseUpload writes which refs may be fetched, and how.
func (r *Repo) AdvertiseUpload(out io.Writer) error {
	tip, err := r.Tip()
	if err != nil {
		return err
	}
	e := pktline.NewEncoder(out)
	if tip.IsZero() {
		err = e.Encodef("%s capabilities^{}\x00%s\n", tip, uploadCapabilities)
	} else if err = e.Encodef("%s HEAD\x00%s\n", tip, uploadCapabilities); err == nil {
		err = e.Encodef("%s %s\n", tip, mainRef)
	}
	return errors.Join(err, e.Flush())
}

// Upload answers one request for objects: with what both sides know, while they still
// look for that, or with a pack. What is wrong with the request is a *RequestError,
// and then nothing was written.
func (r *Repo) Upload(ctx context.Context, in io.Reader, out io.Writer) error {
	req, err := r.readUpload(in)
	if err != nil || req.want.IsZero() {
		return err // a client that wants nothing says so by a flush
	}
	e := pktline.NewEncoder(out)
	if req.common.IsZero() {
		err = e.EncodeString("NAK\n")
	} else {
		err = e.Encodef("ACK %s\n", req.common)
	}
	if err != nil || !req.done {
		return err
	}
	list, err := r.newObjects(req.want, req.common)
	if err != nil {
		return err
	}
	return r.sendPack(&cancelled{ctx, out}, list)
}

// cancelled is a writer that ends with its context.
type cancelled struct {
	ctx context.Context
	to  io.Writer
}

func (c *cancelled) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.to.Write(b)
}

// uploadRequest is what a client wants and what it has.
type uploadRequest struct {
	want   Hash
	common Hash // the first of its commits that is here too
	done   bool // it waits for the pack
}

func (r *Repo) readUpload(in io.Reader) (req uploadRequest, err error) {
	lines := pktline.NewScanner(in)
	haves := 0
	for lines.Scan() {
		line := strings.TrimSuffix(string(lines.Bytes()), "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "": // a flush: the end of the wants, or of a round of haves
		case "want":
			name, _, _ := strings.Cut(rest, " ")
			h, err := ParseHash(name)
			if err != nil {
				return req, &RequestError{fmt.Sprintf("%.80q is no name of an object", name)}
			}
			if req.want == h {
				continue
			}
			if !req.want.IsZero() {
				return req, &RequestError{"there is one branch: one commit can be asked for at a time"}
			}
			if err := r.offered(h); err != nil {
				return req, err
			}
			req.want = h
		case "have":
			if haves++; haves > maxHaves {
				return req, &RequestError{fmt.Sprintf("the client names more than %d commits", maxHaves)}
			}
			h, err := ParseHash(rest)
			if err != nil {
				return req, &RequestError{fmt.Sprintf("%.80q is no name of an object", rest)}
			}
			// A client of another repository names thousands that are not here: the
			// list of packs is read anew for what is wanted (offered), not for each.
			if req.common.IsZero() && r.objects.has(h) {
				if _, _, err := r.links(h); err == nil {
					req.common = h
				}
			}
		case "done":
			req.done = true
			return req, nil
		default:
			return req, &RequestError{fmt.Sprintf("%.40q is not understood here: install git beside this server for shallow clones", word)}
		}
	}
	if err := lines.Err(); err != nil {
		return req, &RequestError{"the request can't be read: " + err.Error()}
	}
	return req, nil
}

// offered reports by nil that a commit is on main. A client may ask for the tip of
// a moment ago.
func (r *Repo) offered(want Hash) error {
	tip, err := r.Tip()
	if err != nil || tip == want {
		return err
	}
	if _, _, err := r.links(want); err == nil && !tip.IsZero() {
		commits, err := r.Log(tip, Hash{})
		if err != nil {
			return err
		}
		for _, h := range commits {
			if h == want {
				return nil
			}
		}
	}
	return &RequestError{fmt.Sprintf("%s is not on the branch", want)}
}
