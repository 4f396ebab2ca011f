package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// RepositoryOptions say how to read a repository of Markdown.
type RepositoryOptions struct {
	// Encoding is the IANA name of the encoding of files that are no UTF-8, such as
	// "ISO-8859-1"; without it they are refused.
	Encoding string
}

// Repository reads the Markdown files of a git repository at every commit of its
// current branch, and of the branches merged into it, parents before children and
// else by author date. A file that a commit adds, changes or renames is a state of
// an article, taken apart as for a line of a history (see [JSONL] and
// [OriginalText]); one that it deletes or turns into something else withdraws the
// article. A merge says what it changed against its first parent. In the end, an
// article whose file stands otherwise at the branch's tip, since a merge dropped
// what one side had done, is brought to that.
//
// The commit's author, message and author date are the state's; a state whose
// author date lies before that of the state that it follows was published when it
// was committed, since nothing can be published before what it changes. An
// article's id follows from the repository's first commit and the file's first
// path, and goes with the file through renames, as git finds them; all of its
// paths are aliases.
//
// dir is the repository, or a folder in it that is to be read alone. It is read
// with the git program, which runs with environ as its environment. Offset counts
// the commits read so far, out of [CommitCount]; File is COMMIT:PATH.
func Repository(ctx context.Context, dir string, environ []string, opt RepositoryOptions) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		m := &markdownHistory{files: map[string]*document{}, encoding: opt.Encoding}
		if err := m.open(ctx, dir, environ); err != nil {
			yield(Item{}, err)
			return
		}
		defer m.h.stop()
		for _, stage := range []func() (Item, error){m.next, m.settle} {
			for {
				item, err := stage()
				if errors.Is(err, io.EOF) {
					break
				}
				var problem *schema.Problem
				if !yield(item, err) || err != nil && !errors.As(err, &problem) {
					return
				}
			}
		}
		if err := m.h.end(); err != nil {
			yield(Item{}, err)
		}
	}
}

// CommitCount counts the commits that [Repository] reads.
func CommitCount(ctx context.Context, dir string, environ []string) (int64, error) {
	out, err := runGit(ctx, dir, environ, "rev-list", "--count", "HEAD")
	if err != nil {
		return 0, err
	}
	var n int64
	_, err = fmt.Sscan(out, &n)
	return n, err
}

// runGit runs git in dir and gives what it prints, without the last LF.
func runGit(ctx context.Context, dir string, environ []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	cmd.Env = environ
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) && len(failed.Stderr) > 0 {
		return "", fmt.Errorf("reading the history of %s: %s", dir, strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return "", needsGit(dir, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// markdownHistory is a repository of Markdown that is being read.
type markdownHistory struct {
	h       *history
	root    string // the first commit
	prefix  string // of the paths that are asked for
	files   map[string]*document
	commits int64
	tip     []fileChange // what settle has still to bring to the branch's tip; nil before it began
	atTip   string       // the tip's header
	tree    string       // the tip's files

	encoding string // of files that are no UTF-8
}

// document is an article as its file goes through the history.
type document struct {
	key   string
	path  string   // where it stands now, or stood last
	names []string // all of its paths, first to last
	last  time.Time
	blob  string // what it held last; "" where it is withdrawn
}

func (m *markdownHistory) open(ctx context.Context, dir string, environ []string) error {
	shallow, err := runGit(ctx, dir, environ, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	if shallow == "true" {
		return fmt.Errorf("%s is a shallow clone, which lacks the beginning of its history: run git fetch --unshallow in it first", dir)
	}
	if m.prefix, err = runGit(ctx, dir, environ, "rev-parse", "--show-prefix"); err != nil {
		return err
	}
	if m.root, err = runGit(ctx, dir, environ, "rev-list", "--first-parent", "--max-parents=0", "HEAD"); err != nil {
		return err
	}
	if m.atTip, err = runGit(ctx, dir, environ, "log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format="+commitFormat("%at %ct"), "HEAD"); err != nil {
		return err
	}
	if m.tree, err = runGit(ctx, dir, environ, "ls-tree", "-r", "-z", "--full-tree", "HEAD"); err != nil {
		return err
	}
	m.h, err = startHistory(ctx, dir, environ, "--author-date-order", "--diff-merges=first-parent",
		"-M", "-l5000", "--no-ext-diff", "--format="+commitFormat("%at %ct"))
	return err
}

// next gives the next state, or io.EOF.
func (m *markdownHistory) next() (Item, error) {
	for {
		token, err := m.h.list.ReadString(0)
		if err != nil {
			return Item{}, io.EOF // what is cut off, git itself reports: see history.end
		}
		token = strings.TrimLeft(strings.TrimSuffix(token, "\x00"), "\n")
		switch {
		case strings.HasPrefix(token, "\x01"):
			m.h.commit = readCommit(token)
			m.commits++
			continue
		case !strings.HasPrefix(token, ":"):
			continue
		}
		change, err := m.change(token)
		if err != nil {
			return Item{}, io.EOF
		}
		if item, told, err := m.state(change); told || err != nil {
			return item, err
		}
	}
}

// settle gives what is left to do at the tip, or io.EOF.
func (m *markdownHistory) settle() (Item, error) {
	if m.tip == nil {
		m.h.commit = readCommit(m.atTip)
		m.tip = m.unsettled()
	}
	for len(m.tip) > 0 {
		change := m.tip[0]
		m.tip = m.tip[1:]
		if item, told, err := m.state(change); told || err != nil {
			return item, err
		}
	}
	return Item{}, io.EOF
}

// unsettled compares what the articles held last with the tip's files.
func (m *markdownHistory) unsettled() []fileChange {
	changes := []fileChange{}
	standing := map[*document]bool{}
	for entry := range strings.SplitSeq(m.tree, "\x00") {
		info, name, ok := strings.Cut(entry, "\t")
		f := strings.Fields(info)
		if !ok || len(f) < 3 || !strings.HasPrefix(f[0], "100") || !isMarkdown(name) {
			continue
		}
		doc := m.files[name]
		if doc == nil || doc.blob != f[2] || doc.path != name {
			changes = append(changes, fileChange{kind: 'M', blob: f[2], old: name, now: name})
		}
		standing[doc] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if doc := m.files[name]; doc.path == name && doc.blob != "" && !standing[doc] {
			changes = append(changes, fileChange{kind: 'D', old: name, now: name})
		}
	}
	return changes
}

// fileChange is what a commit did to one file.
type fileChange struct {
	kind     byte   // A, M, D, R, T
	blob     string // "" where no ordinary file is left
	old, now string // paths; equal but for R
}

// change reads the paths that follow a line such as ":100644 100644 … … R086".
func (m *markdownHistory) change(raw string) (c fileChange, err error) {
	f := strings.Fields(raw)
	if len(f) < 5 {
		return c, nil
	}
	c.kind, c.blob = f[4][0], changedFile(raw)
	if c.old, err = m.h.list.ReadString(0); err != nil {
		return c, err
	}
	c.old = strings.TrimSuffix(c.old, "\x00")
	c.now = c.old
	if c.kind == 'R' || c.kind == 'C' {
		if c.now, err = m.h.list.ReadString(0); err != nil {
			return c, err
		}
		c.now = strings.TrimSuffix(c.now, "\x00")
	}
	return c, nil
}

// state makes a state of what a commit did to a file; told is false where that
// says nothing of an article.
func (m *markdownHistory) state(c fileChange) (item Item, told bool, err error) {
	doc := m.files[c.old]
	if c.kind == 'D' || c.blob == "" || !isMarkdown(c.now) {
		if doc == nil || doc.path != c.old || !strings.HasPrefix(c.old, m.prefix) {
			return Item{}, false, nil
		}
		doc.blob = ""
		return m.withdrawn(doc), true, nil
	}
	doc = m.document(doc, c)
	doc.blob = c.blob
	if !strings.HasPrefix(c.now, m.prefix) {
		return Item{}, false, nil
	}
	content, err := m.h.blob(c.blob)
	file := m.file(c.now)
	switch {
	case errors.Is(err, errLongFile):
		return Item{}, true, &schema.Problem{File: file, Reason: err.Error()}
	case err != nil:
		return Item{}, true, fmt.Errorf("reading %s: %w", file, err)
	}
	text, encoded, problem := decodeText(content, m.encoding)
	if problem != nil {
		problem.File = file
		if i := invalidByte(string(content)); i >= 0 {
			problem.Line = 1 + bytes.Count(content[:i], []byte{'\n'})
		}
		return Item{}, true, problem
	}
	in := schema.Input{
		State: stateOfText(strings.TrimPrefix(text, "\ufeff"), c.now),
		Carries: schema.Fields(schema.FieldType, schema.FieldHeadline, schema.FieldStatus, schema.FieldAliases,
			schema.FieldExtra, schema.FieldBody),
	}
	if encoded {
		in.Extra = append(in.Extra, textExtra(keyEncoding, m.encoding))
	}
	for _, name := range doc.names {
		if alias := aliasOf(name); alias != "" {
			in.Aliases = append(in.Aliases, alias)
		}
	}
	check := in.Clone()
	check.Normalize()
	if problem := check.Validate(); problem != nil {
		problem.File = file
		return Item{}, true, problem
	}
	item = m.item(in, doc)
	item.SHA256 = sha256.Sum256(content)
	return item, true, nil
}

// document finds the article that a change belongs to, or begins one. A path that
// was left behind by a rename may be taken by another file; one that was deleted
// and comes back is the same article.
func (m *markdownHistory) document(doc *document, c fileChange) *document {
	if doc == nil || c.kind == 'A' && doc.path != c.now {
		key := "git:" + m.root + ":" + c.now
		if doc != nil {
			key += "@" + m.h.commit.hash
		}
		doc = &document{key: key}
	}
	doc.path = c.now
	if !slices.Contains(doc.names, c.now) {
		doc.names = append(doc.names, c.now)
	}
	m.files[c.now] = doc
	return doc
}

// withdrawn makes the state of an article whose file is gone: only its status is
// carried, but a state has to have a headline.
func (m *markdownHistory) withdrawn(doc *document) Item {
	return m.item(schema.Input{
		State:   schema.State{Headline: titleOfName(doc.path), Status: schema.Canceled},
		Carries: schema.Fields(schema.FieldStatus),
	}, doc)
}

// item adds what the commit says.
func (m *markdownHistory) item(in schema.Input, doc *document) Item {
	c := &m.h.commit
	published := c.time
	if published.Before(doc.last) {
		published = c.later
	}
	if published.Before(doc.last) {
		published = doc.last
	}
	if !published.IsZero() {
		doc.last = published
		in.Published = schema.At(published)
	}
	in.Key = doc.key
	in.ID = schema.DeriveID(doc.key)
	in.Author, in.Note = c.author, c.note
	item := newItem(in, nil, schema.FormatMarkdown, m.file(doc.path), 1)
	item.Offset = m.commits
	return item
}

func (m *markdownHistory) file(name string) string {
	return fmt.Sprintf("%.12s:%s", m.h.commit.hash, name)
}

func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown":
		return true
	}
	return false
}

// WriteGit writes the store, or any git repository, at dir as a stream for git
// fast-import, with the git program.
func WriteGit(ctx context.Context, w io.Writer, dir string, environ []string) error {
	cmd := exec.CommandContext(ctx, "git", "-C", dir, "fast-export", "--signed-tags=strip", "main")
	var message strings.Builder
	cmd.Env, cmd.Stdout, cmd.Stderr = environ, w, &message
	if err := cmd.Run(); err != nil {
		if message.Len() > 0 {
			return fmt.Errorf("exporting %s: %s", dir, strings.TrimSpace(message.String()))
		}
		return needsGit(dir, err)
	}
	return nil
}
