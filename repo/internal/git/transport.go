package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// Wire reaches other repositories without the git program: over http and git's own
// protocol by go-git's transports, over ssh by the user's ssh program where there is
// one (its config, keys and agent count then) and else by go-git's, in a folder
// straight.
//
// What the git program can and this can't: credential helpers, url.insteadOf and
// other settings of the user's git config, git's protocol of version 2 (a remote
// with many branches lists them all), and an http push that isn't held in memory
// (one goes out in parts of pushPart commits). Hooks in a folder of the same
// machine are not run.
type Wire struct {
	// Environ is the environment in which ssh runs, as os.Environ gives it.
	Environ []string
	// Progress gets what the other side says while it works; nil: nothing.
	Progress io.Writer
}

// ErrRemoteMoved means that a remote's branch is not what the push began on.
var ErrRemoteMoved = errors.New("someone pushed first: the remote has moved")

// WireError says that another repository could not be reached, or did not do what
// was asked. It holds no credentials.
type WireError struct {
	Host   string // or the folder
	Reason string
	Hint   string // what to do; may be empty
	cause  error
}

func (e *WireError) Error() string { return e.Host + ": " + e.Reason }

// Unwrap gives the cause.
func (e *WireError) Unwrap() error { return e.cause }

// userinfo finds what stands before the host in any URL of a text.
var userinfo = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^/\s'":@]*)(:[^/\s'"]*)?@`)
})

// WithoutCredentials takes what is secret out of every URL in a text: passwords,
// and in one of http the user as well, which may be a token.
func WithoutCredentials(text string) string {
	return userinfo().ReplaceAllStringFunc(text, func(found string) string {
		m := userinfo().FindStringSubmatch(found)
		if strings.HasPrefix(strings.ToLower(m[1]), "http") || m[2] == "" {
			return m[1]
		}
		return m[1] + m[2] + "@"
	})
}

// Place names a remote in messages: its host, or its folder.
func Place(address string) string {
	ep, err := transport.NewEndpoint(address)
	if err != nil || ep.Host == "" {
		return WithoutCredentials(address)
	}
	if ep.Port != 0 && !(ep.Protocol == "ssh" && ep.Port == 22) {
		return fmt.Sprintf("%s:%d", ep.Host, ep.Port)
	}
	return ep.Host
}

// wrong tells in words why something failed, and what can be done.
func wrong(address string, err error) error {
	var known *WireError
	if err == nil || errors.As(err, &known) || errors.Is(err, ErrRemoteMoved) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &WireError{Host: Place(address), Reason: strings.TrimSpace(WithoutCredentials(err.Error())), cause: err}
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired):
		e.Reason = "it wants a user and a password, or refuses those that it got"
		e.Hint = "put a token into the address (https://USER:TOKEN@HOST/...), or install git, whose credential helpers are asked"
	case errors.Is(err, transport.ErrAuthorizationFailed):
		e.Reason, e.Hint = "it does not allow this", "ask there for the right to read or write this repository"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		e.Reason, e.Hint = "there is no repository at this address, or not for you", "check the address, and that you may read it"
	case strings.Contains(e.Reason, "SSH_AUTH_SOCK"), strings.Contains(e.Reason, "unable to authenticate"):
		e.Hint = "start ssh-agent and add your key with ssh-add, or install ssh"
	case strings.Contains(e.Reason, "knownhosts"), strings.Contains(e.Reason, "Host key verification failed"):
		e.Hint = "connect once with ssh to see and accept the host's key"
	default:
		e.Hint = "check the address and the network, and try again"
	}
	return e
}

// dial is a conversation with a remote repository about one service.
type dial interface {
	// advertised lists the remote's refs. It is asked once, first.
	advertised(ctx context.Context) (*packp.AdvRefs, error)
	Close() error
}

type fetchDial interface {
	dial
	fetch(ctx context.Context, req *packp.UploadPackRequest) (io.ReadCloser, error)
}

type pushDial interface {
	dial
	push(ctx context.Context, req *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error)
}

// Heads lists a remote's branches, and the one that its HEAD names, "" for none.
func (w Wire) Heads(ctx context.Context, address string) (heads map[string]Hash, head string, err error) {
	if dir, ok := localDir(address); ok {
		heads, head, err = localHeads(dir)
		return heads, head, wrong(address, err)
	}
	d, err := w.dialFetch(ctx, address)
	if err != nil {
		return nil, "", wrong(address, err)
	}
	adv, err := d.advertised(ctx)
	err = errors.Join(err, d.Close())
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return map[string]Hash{}, "", nil
	}
	if err != nil {
		return nil, "", wrong(address, err)
	}
	heads = map[string]Hash{}
	for name, h := range adv.References {
		if strings.HasPrefix(name, "refs/heads/") {
			heads[name] = Hash(h)
		}
	}
	for _, link := range adv.Capabilities.Get(capability.SymRef) {
		if from, to, _ := strings.Cut(link, ":"); from == "HEAD" {
			head = to
		}
	}
	return heads, head, nil
}

// FetchFrom brings a commit of a remote into the store, with all that lies behind
// it. No ref is made. haves are commits that the two are likely to share, beside
// main's. What arrives is checked, complete, and durable when it returns.
func (r *Repo) FetchFrom(ctx context.Context, w Wire, address string, want Hash, haves ...Hash) error {
	tip, err := r.Tip()
	if err != nil {
		return err
	}
	if r.complete(want, tip) == nil {
		return nil
	}
	if dir, ok := localDir(address); ok {
		err = r.fetchLocal(dir, want, append([]Hash{tip}, haves...))
	} else {
		err = r.fetchRemote(ctx, w, address, want, haves)
	}
	if err != nil {
		return wrong(address, err)
	}
	if _, err := r.objects.rescan(); err != nil {
		return err
	}
	if err := r.complete(want, tip); err != nil {
		return &WireError{Host: Place(address), Reason: "what it sent is not complete: " + err.Error(), cause: err,
			Hint: "it may be a shallow or partial clone: fetch all of its history there first"}
	}
	return nil
}

func (r *Repo) fetchRemote(ctx context.Context, w Wire, address string, want Hash, haves []Hash) (err error) {
	d, err := w.dialFetch(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	adv, err := d.advertised(ctx)
	if err != nil {
		return err
	}
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	req.Wants = append(req.Wants, plumbing.Hash(want))
	offered, err := r.offer(haves)
	if err != nil {
		return err
	}
	for _, h := range offered {
		req.Haves = append(req.Haves, plumbing.Hash(h))
	}
	body, err := d.fetch(ctx, req)
	if err != nil {
		return err
	}
	return errors.Join(r.takePack(ctx, w, req.Capabilities, body), body.Close())
}

// takePack takes the pack out of a remote's answer.
func (r *Repo) takePack(ctx context.Context, w Wire, caps *capability.List, body io.Reader) error {
	var from io.Reader = body
	if d := demuxer(caps, body); d != nil {
		if w.Progress != nil {
			d.Progress = w.Progress
		}
		from = d
	}
	in, err := r.newIncoming()
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if _, werr := in.Write(buf[:n]); werr != nil {
			return errors.Join(werr, in.discard())
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), in.discard())
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, in.discard())
		}
	}
	if in.size == 0 {
		return errors.Join(errors.New("it sent nothing"), in.discard())
	}
	return in.Close()
}

func demuxer(caps *capability.List, from io.Reader) *sideband.Demuxer {
	switch {
	case caps.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, from)
	case caps.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, from)
	}
	return nil
}

const (
	// offerDense is how many commits behind main are named to a remote one by one;
	// then the gaps double.
	offerDense = 32
	// offerWalk is how far back is gone for them.
	offerWalk = 1 << 15
)

// offer lists commits that the store has all of, so that a remote can tell what to
// leave out: main, what lies behind it in growing steps, and others that are behind
// it too.
func (r *Repo) offer(others []Hash) ([]Hash, error) {
	h, err := r.Tip()
	if err != nil || h.IsZero() {
		return nil, err
	}
	var out []Hash
	next := 0
	for i := 0; !h.IsZero() && i < offerWalk; i++ {
		if i == next {
			out = append(out, h)
			if next++; next > offerDense {
				next += next / 2
			}
		}
		_, parents, err := r.links(h)
		if err != nil {
			return nil, err
		}
		h = Hash{}
		if len(parents) > 0 {
			h = parents[0]
		}
	}
	for _, h := range others {
		if _, _, err := r.links(h); err == nil && !h.IsZero() {
			out = append(out, h)
		}
	}
	return out, nil
}

// pushPart is how many commits go out at once where the history between is a line:
// go-git holds what it posts over http in memory.
const pushPart = 10_000

// PushTo moves a remote's branch from one commit to another that lies ahead of it,
// and sends what it lacks. The zero old makes the branch. Where the branch is not
// at old the error is ErrRemoteMoved. An interrupted push may have gone a part of
// the way.
func (r *Repo) PushTo(ctx context.Context, w Wire, address, branch string, old, tip Hash) error {
	if err := checkRefName(branch); err != nil {
		return err
	}
	steps, err := r.pushSteps(old, tip, pushPart)
	if err != nil {
		return err
	}
	for _, next := range steps {
		if err := r.pushStep(ctx, w, address, branch, old, next); err != nil {
			return wrong(address, err)
		}
		old = next
	}
	return nil
}

// pushSteps gives the commits to which the branch moves one after another. Where the
// history between has merges there is one step.
func (r *Repo) pushSteps(old, tip Hash, part int) ([]Hash, error) {
	line, straight, err := r.Line(tip, old)
	if err != nil || !straight || len(line) <= part {
		return []Hash{tip}, err
	}
	var steps []Hash
	for i := part - 1; i < len(line)-1; i += part {
		steps = append(steps, line[i])
	}
	return append(steps, tip), nil
}

func (r *Repo) pushStep(ctx context.Context, w Wire, address, branch string, old, tip Hash) (err error) {
	if dir, ok := localDir(address); ok {
		return r.pushLocal(ctx, dir, branch, old, tip)
	}
	d, err := w.dialPush(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	adv, err := d.advertised(ctx)
	if err != nil && !errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return err
	}
	caps := capability.NewList()
	if err == nil {
		if Hash(adv.References[branch]) != old {
			return ErrRemoteMoved
		}
		caps = adv.Capabilities
	}
	objects, err := r.newObjects(tip, old)
	if err != nil {
		return err
	}
	req := packp.NewReferenceUpdateRequestFromCapabilities(caps)
	for _, c := range []capability.Capability{capability.Sideband64k, capability.Quiet, capability.Atomic} {
		if caps.Supports(c) {
			if err := req.Capabilities.Set(c); err != nil {
				return err
			}
		}
	}
	if w.Progress != nil {
		req.Progress = w.Progress
	}
	req.Commands = []*packp.Command{{Name: plumbing.ReferenceName(branch), Old: plumbing.Hash(old), New: plumbing.Hash(tip)}}
	body, to := io.Pipe()
	req.Packfile = body
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		to.CloseWithError(r.sendPack(to, objects))
	}()
	report, err := d.push(ctx, req)
	body.Close() // where it was not read to its end
	<-sent
	return pushResult(report, err)
}

// pushResult finds what a remote said of a push. Several of the things that it may
// say mean that its branch has moved.
func pushResult(report *packp.ReportStatus, err error) error {
	text := ""
	if report != nil {
		for _, c := range report.CommandStatuses {
			if c.Status != "ok" {
				text = c.Status
			}
		}
	}
	if err == nil && text == "" {
		return nil
	}
	if text == "" {
		text = err.Error()
	}
	for _, sign := range []string{"fetch first", "non-fast-forward", "failed to update ref", "cannot lock ref", "failed to lock", "but expected", "stale info"} {
		if strings.Contains(text, sign) {
			return fmt.Errorf("%w (%s)", ErrRemoteMoved, clip(text))
		}
	}
	if err == nil || report != nil {
		err = fmt.Errorf("it refused the push: %s", clip(text))
	}
	return err
}

// localDir tells whether an address is a folder of this machine, and which.
func localDir(address string) (string, bool) {
	if strings.HasPrefix(strings.ToLower(address), "file://") {
		u, err := url.Parse(address)
		if err != nil {
			return "", false
		}
		return filepath.FromSlash(u.Path), true
	}
	ep, err := transport.NewEndpoint(address)
	if err != nil || ep.Protocol != "file" {
		return "", false
	}
	return address, true
}

// gitDir finds the repository in a folder: itself, or its .git, which may be a file
// that names it.
func gitDir(dir string) (string, error) {
	for _, at := range []string{dir, filepath.Join(dir, ".git")} {
		if info, err := os.Stat(filepath.Join(at, "objects")); err == nil && info.IsDir() {
			return filepath.Abs(at)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, ".git"))
	if to, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: "); err == nil && ok {
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		if info, err := os.Stat(filepath.Join(to, "objects")); err == nil && info.IsDir() {
			return to, nil
		}
	}
	return "", transport.ErrRepositoryNotFound
}
