package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// place is the folder of one size.
type place struct {
	*tools
	dir     string
	size    int
	results *results
	log     io.Writer
	known   *prepared
}

// The repositories of a place. Each is left by the import that made it, and the
// measures that change one work on a copy; recording goes to the store itself.
func (p *place) store() string { return filepath.Join(p.dir, "store") }
func (p *place) peer() string  { return filepath.Join(p.dir, "peer.git") }

func (p *place) say(format string, args ...any) {
	fmt.Fprintf(p.log, "%s  %8d  %s\n", time.Now().Format(time.TimeOnly), p.size, fmt.Sprintf(format, args...))
}

// runs chooses how often something is measured that takes long at a large size.
func (p *place) runs(small, large int) int {
	if p.size <= 20_000 {
		return p.often(small)
	}
	return large
}

// often is how often something is measured that is as quick at every size. A
// history of some hundreds is no measurement, but a try.
func (p *place) often(times int) int {
	if p.trial() {
		return min(times, 2)
	}
	return times
}

func (p *place) trial() bool { return p.size < 1000 }

// prepare makes the streams, unless they are there. It is done by a process of its
// own: this one must stay small (see peak).
func (p *place) prepare(ctx context.Context) error {
	if p.known != nil {
		return nil
	}
	name := filepath.Join(p.dir, preparedFile)
	if data, err := os.ReadFile(name); err == nil {
		p.known = &prepared{}
		return json.Unmarshal(data, p.known)
	}
	p.say("preparing the streams of %d versions", p.size)
	if err := os.MkdirAll(p.dir, 0o777); err != nil {
		return err
	}
	p.known = &prepared{}
	if _, err := p.do(ctx, "prepare", prepareArgs{p.dir, workload{Versions: p.size, Seed: 1}}, p.known); err != nil {
		return err
	}
	data, err := json.Marshal(p.known)
	if err != nil {
		return err
	}
	return replaceFile(name, data)
}

type prepareArgs struct {
	Dir      string
	Workload workload
}

func prepareTask(_ context.Context, a prepareArgs) (*prepared, error) {
	return prepare(a.Dir, a.Workload, time.Now())
}

// filled prepares the streams and sees that both repositories hold them.
func (p *place) filled(ctx context.Context) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(p.dir, filledFile)); err == nil {
		return nil
	}
	return takeMeasure(ctx, p, importMeasure())
}

// filledFile says that both imports came to their end.
const filledFile = "filled"

// edit is the next state of an article: one paragraph of it is rewritten, in words
// that no version had before.
func (p *place) edit(prose *prose, i int) (*schema.State, error) {
	in, problem := schema.ParseJSON(p.known.Current[i%len(p.known.Current)])
	if problem != nil {
		return nil, problem
	}
	st := in.State
	texts := strings.Split(strings.TrimSuffix(st.Body, "\n"), "\n\n")
	texts[i%len(texts)] = prose.text(mix(uint64(time.Now().UnixNano()), uint64(i)), paragraphSize)
	st.Body = strings.Join(texts, "\n\n")
	st.Normalize()
	return &st, nil
}

// work makes a fresh folder inside the place; remove it by discard.
func (p *place) work(name string) (string, error) {
	dir := filepath.Join(p.dir, name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Mkdir(dir, 0o777)
}

// copyTree copies a repository. What is never written in place is linked: git's and
// the store's packs.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o777)
		case filepath.Base(filepath.Dir(path)) == "pack" && os.Link(path, target) == nil:
			return nil
		}
		return copyFile(target, path)
	})
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// treeSize adds up the bytes of the files below a folder.
func treeSize(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// packs counts a repository's packs.
func packs(dir string) int {
	rows, err := os.ReadDir(filepath.Join(dir, "objects", "pack"))
	if err != nil {
		return 0
	}
	return len(slices.DeleteFunc(rows, func(d fs.DirEntry) bool { return filepath.Ext(d.Name()) != ".pack" }))
}
