package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	gitproto "github.com/go-git/go-git/v5/plumbing/transport/git"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// carrier gives go-git's transport for an address, or the command by which the
// user's own ssh is run.
func (w Wire) carrier(address, service string) (tr transport.Transport, ep *transport.Endpoint, command []string, err error) {
	if ep, err = transport.NewEndpoint(address); err != nil {
		return nil, nil, nil, err
	}
	switch ep.Protocol {
	case "http", "https":
		return http.DefaultClient, ep, nil, nil
	case "git":
		return gitproto.DefaultClient, ep, nil, nil
	case "ssh":
		if command = w.sshCommand(ep, service); command != nil {
			return nil, ep, command, nil
		}
		return ssh.DefaultClient, ep, nil, nil
	}
	return nil, nil, nil, fmt.Errorf("no repository can be reached by %q", clip(ep.Protocol))
}

func (w Wire) env(name string) string {
	for _, v := range w.Environ {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			return rest
		}
	}
	return ""
}

// sshCommand gives the command that runs a service on another host, as git would
// run it: by GIT_SSH_COMMAND, which is for the shell, GIT_SSH, or ssh. It is nil
// where there is no such program.
func (w Wire) sshCommand(ep *transport.Endpoint, service string) []string {
	host := ep.Host
	if ep.User != "" {
		host = ep.User + "@" + host
	}
	var args []string
	if ep.Port != 0 && ep.Port != 22 {
		args = append(args, "-p", strconv.Itoa(ep.Port))
	}
	args = append(args, strings.Trim(host, "[]"), service+" "+shellQuoted(ep.Path))
	if shell := w.env("GIT_SSH_COMMAND"); shell != "" {
		return append([]string{"sh", "-c", shell + ` "$@"`, "ssh"}, args...)
	}
	program := w.env("GIT_SSH")
	if program == "" {
		program = "ssh"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return nil
	}
	return append([]string{path}, args...)
}

// shellQuoted makes one word of a text for the shell of another host.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (w Wire) dialFetch(ctx context.Context, address string) (fetchDial, error) {
	tr, ep, command, err := w.carrier(address, transport.UploadPackServiceName)
	if err != nil {
		return nil, err
	}
	if command != nil {
		return w.run(ctx, command)
	}
	s, err := tr.NewUploadPackSession(ep, nil)
	if err != nil {
		return nil, err
	}
	return fetchSession{s}, nil
}

func (w Wire) dialPush(ctx context.Context, address string) (pushDial, error) {
	tr, ep, command, err := w.carrier(address, transport.ReceivePackServiceName)
	if err != nil {
		return nil, err
	}
	if command != nil {
		return w.run(ctx, command)
	}
	s, err := tr.NewReceivePackSession(ep, nil)
	if err != nil {
		return nil, err
	}
	return pushSession{s}, nil
}

// fetchSession and pushSession are conversations that go-git holds.
type fetchSession struct{ transport.UploadPackSession }

func (s fetchSession) advertised(ctx context.Context) (*packp.AdvRefs, error) {
	return s.AdvertisedReferencesContext(ctx)
}

func (s fetchSession) fetch(ctx context.Context, req *packp.UploadPackRequest) (io.ReadCloser, error) {
	return s.UploadPack(ctx, req)
}

type pushSession struct{ transport.ReceivePackSession }

func (s pushSession) advertised(ctx context.Context) (*packp.AdvRefs, error) {
	return s.AdvertisedReferencesContext(ctx)
}

func (s pushSession) push(ctx context.Context, req *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	return s.ReceivePack(ctx, req)
}

// sshRun is a conversation with a git program that ssh runs on another host.
type sshRun struct {
	ctx    context.Context
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	said   bytes.Buffer
	asked  bool // more than the refs was asked for
	closed bool
}

func (w Wire) run(ctx context.Context, command []string) (*sshRun, error) {
	s := &sshRun{ctx: ctx, cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	s.cmd.Env, s.cmd.Stderr = w.Environ, &s.said
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	s.cmd.WaitDelay = 5 * time.Second
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if s.out, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return s, s.cmd.Start()
}

func (s *sshRun) advertised(context.Context) (*packp.AdvRefs, error) {
	adv := packp.NewAdvRefs()
	switch err := adv.Decode(s.out); {
	case errors.Is(err, packp.ErrEmptyAdvRefs):
		return nil, transport.ErrEmptyRemoteRepository
	case err != nil:
		return nil, s.failed(err)
	}
	transport.FilterUnsupportedCapabilities(adv.Capabilities)
	return adv, nil
}

// failed ends the conversation and tells what ssh, or the program there, said.
func (s *sshRun) failed(err error) error {
	s.asked = true // nothing more is to be said politely
	closeErr := s.Close()
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	text := strings.Join(strings.Fields(s.said.String()), " ")
	if text == "" {
		return errors.Join(err, closeErr)
	}
	for _, sign := range []string{"does not appear to be a git repository", "epository not found", "no such repository"} {
		if strings.Contains(text, sign) {
			return fmt.Errorf("%w: %s", transport.ErrRepositoryNotFound, text)
		}
	}
	return errors.New(WithoutCredentials(text))
}

func (s *sshRun) fetch(_ context.Context, req *packp.UploadPackRequest) (io.ReadCloser, error) {
	s.asked = true
	err := req.UploadRequest.Encode(s.in)
	if err == nil {
		err = req.UploadHaves.Encode(s.in, false)
	}
	if err == nil {
		err = pktline.NewEncoder(s.in).EncodeString("done\n")
	}
	if err == nil {
		err = s.in.Close()
	}
	if err != nil {
		return nil, s.failed(err)
	}
	answer := packp.NewUploadPackResponse(req)
	if err := answer.Decode(io.NopCloser(s.out)); err != nil {
		return nil, s.failed(err)
	}
	return answer, nil
}

func (s *sshRun) push(_ context.Context, req *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	s.asked = true
	if err := errors.Join(req.Encode(s.in), s.in.Close()); err != nil {
		return nil, s.failed(err)
	}
	from := s.out
	if d := demuxer(req.Capabilities, s.out); d != nil {
		d.Progress = req.Progress
		from = d
	}
	report := packp.NewReportStatus()
	if err := report.Decode(from); err != nil {
		return nil, s.failed(err)
	}
	return report, report.Error()
}

// Close ends the conversation. Where only refs were asked for it says goodbye, which
// the program at the other end waits for.
func (s *sshRun) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !s.asked {
		_, _ = s.in.Write(pktline.FlushPkt)
	}
	_ = s.in.Close()
	_, _ = io.Copy(io.Discard, s.out)
	if err := s.cmd.Wait(); err != nil && !s.asked {
		return err
	}
	return nil
}
