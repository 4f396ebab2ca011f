package repo

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// UploadRequest is one step of a client of git that clones or fetches: over HTTP it
// asks for what there is, and then, once or several times, for objects.
type UploadRequest struct {
	Advertise bool      // the first step: say which refs there are
	Protocol  string    // the protocol that the client asks for, as in GIT_PROTOCOL: "version=2"
	In        io.Reader // what the client says; of no use where Advertise is set
}

// UploadError says that a client's request was not understood. Nothing was answered.
type UploadError struct{ Reason string }

func (e *UploadError) Error() string { return e.Reason }

// uploadHead stands before the list of refs, in all protocols but the second.
const uploadHead = "001e# service=git-upload-pack\n0000"

// UploadPack answers a client of git, as git upload-pack does over HTTP
// (gitprotocol-http): by the git program, which knows every version of the protocol
// and shallow clones, or by what is built in. Only the branch main is shown, nothing
// is written, and what is answered goes out as it is made.
func (s *Store) UploadPack(ctx context.Context, g GitProgram, req UploadRequest, out io.Writer) error {
	if !g.absent() {
		return s.uploadByGit(ctx, g, req, out)
	}
	var err error
	if req.Advertise {
		if _, err = io.WriteString(out, uploadHead); err == nil {
			err = s.git.AdvertiseUpload(out)
		}
	} else {
		err = s.git.Upload(ctx, req.In, out)
	}
	var wrong *git.RequestError
	if errors.As(err, &wrong) {
		return &UploadError{Reason: wrong.Reason}
	}
	return err
}

// uploadSettings let no configuration but the store's own decide what is shown, and
// keep a clone from using more than its share of the machine.
func uploadSettings(dir string) []string {
	return []string{
		"core.hooksPath=" + os.DevNull, "safe.directory=" + dir,
		"uploadpack.hideRefs=refs/", "uploadpack.hideRefs=!refs/heads/", "uploadpack.hideRefs=!refs/tags/",
		"pack.threads=1", "pack.windowMemory=64m",
	}
}

func (s *Store) uploadByGit(ctx context.Context, g GitProgram, req UploadRequest, out io.Writer) error {
	if req.Advertise && req.Protocol != "version=2" {
		if _, err := io.WriteString(out, uploadHead); err != nil {
			return err
		}
	}
	answer := &answering{to: out}
	said, err := s.runUpload(ctx, g, req, answer)
	if err == nil || req.Advertise || answer.begun || ctx.Err() != nil {
		return err
	}
	// git ends alike for what is wrong with a request and with the store: of the store
	// it would complain without a request too.
	reason := fatalWords(said)
	if reason == "" || strings.Contains(reason, s.Dir()) {
		return err
	}
	if _, wrong := s.runUpload(ctx, g, UploadRequest{Advertise: true}, io.Discard); wrong != nil {
		return err
	}
	return &UploadError{Reason: reason}
}

// runUpload runs git upload-pack once and gives what it said beside its answer.
func (s *Store) runUpload(ctx context.Context, g GitProgram, req UploadRequest, out io.Writer) (said string, err error) {
	args := []string{"--no-pager"}
	for _, c := range uploadSettings(s.Dir()) {
		args = append(args, "-c", c)
	}
	args = append(args, "upload-pack", "--strict", "--stateless-rpc")
	if req.Advertise {
		args = append(args, "--advertise-refs")
	}
	cmd := exec.CommandContext(ctx, "git", append(args, s.Dir())...)
	cmd.Dir, cmd.Env = s.Dir(), g.environ()
	if slices.Contains([]string{"version=1", "version=2"}, req.Protocol) { // anything else is the oldest
		cmd.Env = append(cmd.Env, "GIT_PROTOCOL="+req.Protocol)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	words := &firstWords{to: g.Progress}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = req.In, out, words
	err = cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(words.kept), err
}

// fatalWords finds in what git said why it gave up; "" where it did not say.
func fatalWords(said string) string {
	for line := range strings.Lines(said) {
		for _, prefix := range []string{"fatal: ", "BUG: "} {
			if reason, ok := strings.CutPrefix(line, prefix); ok {
				return schema.VisibleLine(strings.TrimPrefix(strings.TrimSpace(reason), "git upload-pack: "))
			}
		}
	}
	return ""
}

// answering notes whether anything was written.
type answering struct {
	to    io.Writer
	begun bool
}

func (a *answering) Write(b []byte) (int, error) {
	a.begun = true
	return a.to.Write(b)
}

// firstWords keeps the beginning of what is written, and hands all of it on.
type firstWords struct {
	to   io.Writer // nil: to nobody
	kept []byte
}

// maxWords is how much of it is kept, in bytes.
const maxWords = 2 << 10

func (f *firstWords) Write(b []byte) (int, error) {
	f.kept = append(f.kept, b[:min(len(b), maxWords-len(f.kept))]...)
	if f.to == nil {
		return len(b), nil
	}
	return f.to.Write(b)
}
