package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// PageFiles finds the event pages at paths: a file is taken as it is; of a folder,
// every .md file below it except index.md and README.md, which are lists of pages,
// and except what stands in a folder whose name starts with a dot. Symbolic links
// inside a folder are not followed. The order is that of the paths given, and
// below each one by path, component by component.
func PageFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		below, err := pagesBelow(path)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

func pagesBelow(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if path != root && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
		case d.Type().IsRegular() && isPageName(d.Name()):
			files = append(files, path)
		}
		return nil
	})
	slices.SortFunc(files, comparePaths)
	return files, err
}

func isPageName(name string) bool {
	return strings.EqualFold(filepath.Ext(name), ".md") && !strings.EqualFold(name, "index.md") && !strings.EqualFold(name, "README.md")
}

// comparePaths orders by component, a number before what is none and by its
// value, so that v2.md stands before v10.md and day 9 before day 10.
func comparePaths(a, b string) int {
	as, bs := strings.Split(a, string(filepath.Separator)), strings.Split(b, string(filepath.Separator))
	for i := range min(len(as), len(bs)) {
		if c := compareNatural(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func compareNatural(a, b string) int {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		na, nb := digits(a[i:]), digits(b[j:])
		if na == 0 || nb == 0 {
			if c := cmp.Compare(a[i], b[j]); c != 0 {
				return c
			}
			i, j = i+1, j+1
			continue
		}
		da, db := strings.TrimLeft(a[i:i+na], "0"), strings.TrimLeft(b[j:j+nb], "0")
		if c := cmp.Or(cmp.Compare(len(da), len(db)), cmp.Compare(da, db)); c != 0 {
			return c
		}
		i, j = i+na, j+nb
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// Pages reads event pages, one a file, in the order of files, as [PageFiles]
// finds them. A page's Changes list stands in Input.Earlier. A page does not print
// when its own version was published, but a later page of the same event does: so
// the files are read twice, the first time for their Changes lists.
//
// known reports whether a context of that very name is known, which settles where
// a label that holds a comma is to be split; nil knows none.
func Pages(files []string, known func(context string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		stamps := stampsOf(files)
		for _, file := range files {
			item, err := readPage(file, known)
			if t, ok := stamps[stampKey{len(item.Input.Earlier), item.Input.Path, item.Input.Headline}]; ok {
				item.Input.Published = schema.At(t)
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

// stampKey tells a version of an event as a Changes list names it: by its place,
// since a story may return to a headline that it had.
type stampKey struct {
	place          int // from 0
	path, headline string
}

// stampsOf gathers when versions were published from the Changes lists of all
// pages. What can't be read is left for the second reading to refuse.
func stampsOf(files []string) map[stampKey]time.Time {
	stamps := make(map[stampKey]time.Time)
	for _, file := range files {
		item, err := readPage(file, nil)
		if err != nil {
			continue
		}
		for i, e := range item.Input.Earlier {
			key := stampKey{i, e.Path, e.Headline}
			if _, taken := stamps[key]; !taken {
				stamps[key] = e.Published
			}
		}
	}
	return stamps
}

func readPage(file string, known func(string) bool) (Item, error) {
	f, err := os.Open(file)
	if err != nil {
		return Item{}, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxState+1))
	if err != nil {
		return Item{}, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(content) > MaxState {
		return Item{}, &schema.Problem{File: file, Reason: fmt.Sprintf("it is longer than %d MiB", MaxState>>20)}
	}
	page, problem := schema.ParsePage(content)
	if problem != nil {
		problem.File = file
		return Item{}, problem
	}
	item := newItem(page.InputKnowing(known), content, schema.FormatPage, file, 1)
	item.Offset = int64(len(content))
	return item, nil
}
