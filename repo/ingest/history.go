package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// PageHistory reads the event pages of a git repository at every commit of its
// current branch, oldest first: an item for each page that a commit added or
// changed, in the order of git's own listing. The commit's author, time and
// message are the item's author, time of publication and note, where they can be
// used as such; File is COMMIT:PATH. Deletions say nothing, and a page's Changes
// list is passed over, since the commits tell of the earlier versions.
//
// It is read with the git program, which runs with environ as its environment.
// What is a page is decided as [PageFiles] does, and known is as for [Pages].
func PageHistory(ctx context.Context, dir string, environ []string, known func(context string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		h, err := startHistory(ctx, dir, environ, "--no-renames", "--diff-filter=AM", "--format="+commitFormat("%ct"))
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer h.stop()
		h.known = known
		for {
			item, err := h.next()
			if errors.Is(err, io.EOF) {
				if err := h.end(); err != nil {
					yield(Item{}, err)
				}
				return
			}
			if !yield(item, err) {
				return
			}
			var problem *schema.Problem
			if err != nil && !errors.As(err, &problem) {
				return
			}
		}
	}
}

// history reads the output of two programs: one lists commits with the files
// that they changed, the other gives the bytes of a file.
type history struct {
	dir      string
	known    func(context string) bool
	log, cat *exec.Cmd
	list     *bufio.Reader
	ask      io.WriteCloser
	answer   *bufio.Reader
	messages [2]bytes.Buffer // what the programs said on stderr
	commit   commit          // the one whose files are being read
	cancel   context.CancelFunc
}

// commit is what git log says of one commit.
type commit struct {
	hash   string
	time   time.Time
	later  time.Time // the second time of the format, where it has one
	author schema.Person
	note   string
}

// commitFormat is the format of a commit's header for git log, as readCommit reads
// it; times are one or two of its placeholders, with a blank between them.
func commitFormat(times string) string {
	return "%x01%H%x01" + times + "%x01%an%x01%ae%x01%B"
}

// startHistory starts the programs that read a repository; logArgs say which
// commits and changes are listed, and in which format. The caller stops them.
func startHistory(ctx context.Context, dir string, environ []string, logArgs ...string) (*history, error) {
	h := &history{dir: dir}
	ctx, h.cancel = context.WithCancel(ctx)
	args := []string{"-C", dir, "log", "--no-show-signature", "--reverse", "--raw", "-z", "--no-abbrev", "--encoding=UTF-8"}
	h.log = exec.CommandContext(ctx, "git", append(args, logArgs...)...)
	h.cat = exec.CommandContext(ctx, "git", "-C", dir, "cat-file", "--batch")
	list, err := h.log.StdoutPipe()
	if err != nil {
		return nil, err
	}
	answer, err := h.cat.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if h.ask, err = h.cat.StdinPipe(); err != nil {
		return nil, err
	}
	for i, cmd := range []*exec.Cmd{h.log, h.cat} {
		cmd.Env, cmd.Stderr = environ, &h.messages[i]
		if err := cmd.Start(); err != nil {
			h.stop()
			return nil, needsGit(dir, err)
		}
	}
	h.list, h.answer = bufio.NewReader(list), bufio.NewReaderSize(answer, 64<<10)
	return h, nil
}

// needsGit says that the history of dir can't be read, and why.
func needsGit(dir string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("reading the history of %s needs the git program: install git, or put it on the PATH", dir)
	}
	return fmt.Errorf("reading the history of %s with git: %w", dir, err)
}

// stop ends both programs, whatever they are doing. After end it does nothing.
func (h *history) stop() {
	h.cancel()
	for _, cmd := range []*exec.Cmd{h.log, h.cat} {
		if cmd.Process != nil && cmd.ProcessState == nil {
			_ = cmd.Wait() // it was killed: that is no error
		}
	}
}

// end waits for both programs and says what went wrong in them.
func (h *history) end() error {
	h.ask.Close()
	for i, cmd := range []*exec.Cmd{h.log, h.cat} {
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("reading the history of %s: %s", h.dir, strings.TrimSpace(h.messages[i].String()))
		}
	}
	return nil
}

// next gives the next page, or io.EOF.
func (h *history) next() (Item, error) {
	for {
		token, err := h.list.ReadString(0)
		if err != nil {
			return Item{}, io.EOF // what is cut off, git itself reports: see end
		}
		token = strings.TrimLeft(strings.TrimSuffix(token, "\x00"), "\n")
		switch {
		case strings.HasPrefix(token, "\x01"):
			h.commit = readCommit(token)
		case strings.HasPrefix(token, ":"):
			name, err := h.list.ReadString(0)
			if err != nil {
				return Item{}, io.EOF
			}
			blob := changedFile(token)
			if name = strings.TrimSuffix(name, "\x00"); blob != "" && isPagePath(name) {
				return h.page(blob, name)
			}
		}
	}
}

// readCommit reads the header that the format of startHistory prints. A time that
// is no number, or lies outside of what can be written, is left out.
func readCommit(header string) commit {
	part := strings.SplitN(header, "\x01", 6)
	for len(part) < 6 {
		part = append(part, "")
	}
	c := commit{hash: part[1], author: schema.Person{Name: part[3], Email: part[4]}, note: strings.TrimSpace(part[5])}
	first, second, _ := strings.Cut(part[2], " ")
	c.time, c.later = stampTime(first), stampTime(second)
	return c
}

// stampTime reads seconds since 1970; what is none, or lies outside of what can be
// written, gives the zero time.
func stampTime(stamp string) time.Time {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}
	}
	if t := time.Unix(seconds, 0).UTC(); t.Year() > 0 && t.Year() < 10000 {
		return t
	}
	return time.Time{}
}

// changedFile gives the object of an ordinary file from a line such as
// ":000000 100644 0000… 4dd8… A", or "" for a link or a submodule.
func changedFile(raw string) string {
	f := strings.Fields(raw)
	if len(f) < 5 || !strings.HasPrefix(f[1], "100") {
		return ""
	}
	return f[3]
}

func isPagePath(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	return isPageName(path.Base(name))
}

// page reads one file of a commit.
func (h *history) page(blob, name string) (Item, error) {
	content, err := h.blob(blob)
	if errors.Is(err, errLongFile) {
		return Item{}, &schema.Problem{File: fmt.Sprintf("%.12s:%s", h.commit.hash, name), Reason: err.Error()}
	}
	if err != nil {
		return Item{}, fmt.Errorf("reading %s of commit %.12s: %w", name, h.commit.hash, err)
	}
	file := fmt.Sprintf("%.12s:%s", h.commit.hash, name)
	page, problem := schema.ParsePage(content)
	if problem != nil {
		problem.File = file
		return Item{}, problem
	}
	in := page.InputKnowing(h.known)
	in.Earlier = nil
	in.Author, in.Note = h.commit.author, h.commit.note
	if !h.commit.time.IsZero() {
		in.Published = schema.At(h.commit.time)
	}
	return newItem(in, content, schema.FormatPage, file, 1), nil
}

var errLongFile = fmt.Errorf("it is longer than %d MiB", MaxState>>20)

// blob asks for an object: "HASH blob SIZE", the bytes, an LF.
func (h *history) blob(hash string) ([]byte, error) {
	if _, err := io.WriteString(h.ask, hash+"\n"); err != nil {
		return nil, err
	}
	head, err := h.answer.ReadString('\n')
	if err != nil {
		return nil, err
	}
	f := strings.Fields(head)
	if len(f) != 3 || f[1] != "blob" {
		return nil, fmt.Errorf("git answers %q", strings.TrimSpace(head))
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || size < 0 {
		return nil, fmt.Errorf("git answers %q", strings.TrimSpace(head))
	}
	if size > MaxState {
		_, err := io.CopyN(io.Discard, h.answer, size+1)
		if err != nil {
			return nil, err
		}
		return nil, errLongFile
	}
	content := make([]byte, size+1)
	if _, err := io.ReadFull(h.answer, content); err != nil {
		return nil, err
	}
	return content[:size], nil
}

// IsRepository reports whether dir is the top of a git repository, bare or with
// a working tree.
func IsRepository(ctx context.Context, dir string, environ []string) bool {
	cmd := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "--git-dir")
	cmd.Env = environ
	out, err := cmd.Output()
	git := strings.TrimSpace(string(out))
	return err == nil && (git == ".git" || git == ".")
}
