package index

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// Part says what sort of thing a [Difference] is about.
type Part string

const (
	PartFile       Part = "file"       // the bytes of the index contradict each other
	PartTip        Part = "tip"        // the commit covered
	PartArticle    Part = "article"    // what is known of an article as a whole
	PartVersion    Part = "version"    // a version
	PartAddress    Part = "address"    // where an address leads
	PartDate       Part = "date"       // which articles have a version of a date
	PartSeal       Part = "seal"       // by which seal a version is found
	PartContext    Part = "context"    // which articles have a context now
	PartPath       Part = "path"       // which article's file stands at a path
	PartCorrection Part = "correction" // a notice
	PartProblem    Part = "problem"    // something broken that was met
	PartWords      Part = "words"      // which words a version brought and took, or by which it is found
)

// Difference is one thing that an index has otherwise than another.
type Difference struct {
	Part    Part
	Article schema.ID // zero where none is concerned
	Number  int       // of the version, 0 where none is concerned
	Commit  [20]byte  // of the version, the notice or the problem, else zero
	Key     string    // the address, the context, the path, or what contradicts itself
	Problem *Problem  // where Part is PartProblem

	// Field names what differs; it is "" where the whole is missing from have
	// (Missing) or from want.
	Field      string
	Missing    bool
	Have, Want string // as text, where Field isn't ""
}

// String says what differs, for a reader who knows what have is.
func (d *Difference) String() string {
	what := string(d.Part)
	switch d.Part {
	case PartFile:
		return d.Key
	case PartVersion:
		what = fmt.Sprintf("version %d of article %s", d.Number, d.Article)
	case PartArticle:
		what = fmt.Sprintf("article %s", d.Article)
	case PartAddress, PartContext, PartDate:
		what = fmt.Sprintf("%s %.200q of article %s", d.Part, d.Key, d.Article)
	case PartWords:
		what = d.Key
	case PartSeal:
		what = "the seal " + d.Key
	case PartPath:
		what = fmt.Sprintf("path %.200q", d.Key)
	case PartCorrection:
		what = fmt.Sprintf("a correction of article %s", d.Article)
	case PartProblem:
		what = fmt.Sprintf("the problem %.200q with %.200q", d.Problem.Reason, d.Problem.Path)
	}
	switch {
	case d.Part == PartWords && d.Field != "" && d.Want == "":
		return fmt.Sprintf("%s: %s is %.200q, which its text doesn't give", what, d.Field, d.Have)
	case d.Field != "":
		return fmt.Sprintf("%s: %s is %.200q instead of %.200q", what, d.Field, d.Have, d.Want)
	case d.Missing:
		return what + " is missing"
	}
	return what + " does not belong there"
}

// Diff compares two indexes completely and calls found with every way in which have
// is not what want is, until it returns false. The integers by which either file
// numbers its articles and words do not matter. want is taken to be sound; of have,
// the file is checked too, and that what stands there twice says the same. progress,
// which may be nil, hears how many versions were compared.
//
// Both are read in order, side by side, so that memory does not grow with them. Nobody
// may write to either meanwhile, or what Diff finds is nothing to go by.
func Diff(ctx context.Context, have, want *DB, progress func(versions int), found func(Difference) bool) error {
	d := &comparison{ctx: ctx, wantSums: want.sums, progress: progress}
	file := lookAtFile(ctx, have)
	d.found = func(x Difference) error {
		if err := file.tell(found); err != nil { // what is wrong with the file comes first
			return err
		}
		if !found(x) {
			return errStop
		}
		return ctx.Err()
	}
	same, err := sameTables(ctx, have, want, progress)
	if err == nil {
		err = have.view(func(h *conn) error {
			return want.view(func(w *conn) error {
				d.have, d.want = newSide(h), newSide(w)
				return d.all(same)
			})
		})
	}
	err = cmp.Or(file.tell(found), err)
	if errors.Is(err, errStop) {
		return nil
	}
	return wrap(err, "compare two indexes")
}

// all compares everything but what the engine found equal already.
func (d *comparison) all(same bool) error {
	steps := []func() error{d.tip, d.wordsBrought}
	if !same {
		steps = []func() error{d.tip, d.articles, d.seals, d.dates, d.addresses, d.contexts, d.paths, d.moves, d.corrections, d.problems, d.wordsBrought}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// fileLook is what is wrong with a file as a whole, which is found out over a
// connection of its own while rows are compared.
type fileLook struct {
	done  chan struct{} // closed at the end
	found []Difference
	err   error
	told  bool
}

func lookAtFile(ctx context.Context, db *DB) *fileLook {
	f := &fileLook{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.err = db.view(func(c *conn) error {
			d := &comparison{ctx: ctx, have: newSide(c), found: func(x Difference) error {
				f.found = append(f.found, x)
				return ctx.Err()
			}}
			return d.file()
		})
	}()
	return f
}

// tell waits for the end and tells what was found, once. The error is errStop where no
// more is asked for.
func (f *fileLook) tell(found func(Difference) bool) error {
	<-f.done
	if f.told {
		return nil
	}
	f.told = true
	for _, x := range f.found {
		if !found(x) {
			return errStop
		}
	}
	return f.err
}

type comparison struct {
	ctx        context.Context
	have, want *side
	wantSums   *wordSums              // of want, where it keeps sums
	found      func(Difference) error // errStop where no more is asked for
	progress   func(versions int)
	versions   int // compared
}

// side is one of two indexes that are compared.
type side struct {
	*conn
	words map[int64]string // those met last
}

func newSide(c *conn) *side { return &side{conn: c, words: make(map[int64]string)} }

// maxSideWords bounds the words that a comparison remembers of either index.
const maxSideWords = 1 << 16

// text gives the text of a word; a word that isn't there reads as one that no index
// can have.
func (s *side) text(id int64) (string, error) {
	if id == 0 {
		return "", nil
	}
	if t, ok := s.words[id]; ok {
		return t, nil
	}
	list, err := s.texts(nil, "SELECT text FROM words WHERE id = ?", id)
	if err != nil {
		return "", err
	}
	t := "\xff no such word"
	if len(list) > 0 {
		t = list[0]
	}
	if len(s.words) >= maxSideWords {
		clear(s.words)
	}
	s.words[id] = t
	return t, nil
}

// rowsOf gives the rows of a query, each the caller's only until the next.
func (c *conn) rowsOf(query string, args ...driver.Value) iter.Seq2[[]driver.Value, error] {
	return func(yield func([]driver.Value, error) bool) {
		stopped := false
		err := c.each(query, args, func(row []driver.Value) error {
			if !yield(row, nil) {
				stopped = true
				return errStop
			}
			return nil
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// merge walks two sequences of the same order side by side, and calls f with what
// each has at a place, nil where it has nothing there.
func merge[T any](have, want iter.Seq2[T, error], order func(a, b *T) int, f func(h, w *T) error) error {
	nextHave, stopHave := iter.Pull2(have)
	defer stopHave()
	nextWant, stopWant := iter.Pull2(want)
	defer stopWant()
	h, errHave, okHave := nextHave()
	w, errWant, okWant := nextWant()
	for okHave || okWant {
		if err := cmp.Or(errHave, errWant); err != nil {
			return err
		}
		at := 0
		switch {
		case !okHave:
			at = 1
		case !okWant:
			at = -1
		default:
			at = order(&h, &w)
		}
		var mine, other *T
		if at <= 0 {
			mine = &h
		}
		if at >= 0 {
			other = &w
		}
		if err := f(mine, other); err != nil {
			return err
		}
		if at <= 0 {
			h, errHave, okHave = nextHave()
		}
		if at >= 0 {
			w, errWant, okWant = nextWant()
		}
	}
	return nil
}

// fact is a small thing that is compared as a whole: under one group and key it
// says value.
type fact struct {
	group, key, value string
	about             Difference
}

func (f *fact) order(g *fact) int {
	return cmp.Or(strings.Compare(f.group, g.group), strings.Compare(f.key, g.key), strings.Compare(f.value, g.value))
}

// facts compares two sequences of facts. field names the value, where facts have one.
func (d *comparison) facts(field string, of func(*side) iter.Seq2[fact, error]) error {
	order := (*fact).order
	if field != "" {
		order = func(f, g *fact) int { return cmp.Or(strings.Compare(f.group, g.group), strings.Compare(f.key, g.key)) }
	}
	return merge(of(d.have), of(d.want), order, func(h, w *fact) error {
		switch {
		case w == nil:
			return d.found(h.about)
		case h == nil:
			w.about.Missing = true
			return d.found(w.about)
		case h.value != w.value:
			h.about.Field, h.about.Have, h.about.Want = field, h.value, w.value
			return d.found(h.about)
		}
		return d.ctx.Err()
	})
}

// grouped gives the facts that a query's rows stand for. The rows must come by group;
// within one the facts are sorted here, since the query can't: its order is that of
// integers which another index gives otherwise.
func (s *side) grouped(query string, read func(row []driver.Value) fact) iter.Seq2[fact, error] {
	return func(yield func(fact, error) bool) {
		var group []fact
		flush := func() bool {
			sortFacts(group)
			for _, f := range group {
				if !yield(f, nil) {
					return false
				}
			}
			group = group[:0]
			return true
		}
		for row, err := range s.rowsOf(query) {
			if err != nil {
				yield(fact{}, err)
				return
			}
			f := read(row)
			if len(group) > 0 && group[0].group != f.group && !flush() {
				return
			}
			group = append(group, f)
		}
		flush()
	}
}
