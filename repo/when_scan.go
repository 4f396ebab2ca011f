package repo

import (
	"context"
	"errors"
	"regexp"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// What is looked for by its bytes, or by a regular expression, is no run of words,
// and the index knows words alone. But mostly there are words in it, and an article
// that never held those needs no reading. The others are read, all their versions.

// exactLookup finds the very bytes.
func exactLookup(what string) lookup {
	return func(dst []diff.Token, text string) []diff.Token {
		for at := 0; ; {
			i := strings.Index(text[at:], what)
			if i < 0 {
				return dst
			}
			dst = append(dst, diff.Token{Start: at + i, End: at + i + len(what)})
			at += i + len(what)
		}
	}
}

// regexpLookup finds what an expression matches; nothing is found where it matches
// nothing.
func regexpLookup(re *regexp.Regexp) lookup {
	return func(dst []diff.Token, text string) []diff.Token {
		for _, m := range re.FindAllStringIndex(text, -1) {
			if m[0] < m[1] {
				dst = append(dst, diff.Token{Start: m[0], End: m[1]})
			}
		}
		return dst
	}
}

func regexpReason(err error) string {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return e.Code.String() + " at " + e.Expr
	}
	return err.Error()
}

// hints are what a text must hold for something to be found in it, as far as the
// index knows: whole words in a row, or else letters within one word.
type hints struct {
	words   diff.Phrase
	letters string // folded
}

// leastLetters is from how many letters on it pays to look for the words with them.
const leastLetters = 3

func exactHints(what string) hints { return bestHints([]string{what}) }

// regexpHints finds them in the literal parts without which the expression can't match.
func regexpHints(expr string) hints {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return hints{}
	}
	return bestHints(required(re.Simplify()))
}

func required(re *syntax.Regexp) (list []string) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			list = append(list, required(sub)...)
		}
	}
	return list
}

func bestHints(literals []string) (best hints) {
	for _, s := range literals {
		if p := diff.ParsePhrase(wholeWords(s), false); len(p.Words()) > len(best.words.Words()) {
			best.words = p
		}
		if run := longestRun(s); utf8.RuneCountInString(run) > utf8.RuneCountInString(best.letters) {
			best.letters = run
		}
	}
	if utf8.RuneCountInString(best.letters) < leastLetters {
		best.letters = ""
	}
	return best
}

// wholeWords gives the part of s whose words are words wherever s stands: from the
// first place where one certainly ends to the last. That is at ASCII white space, and
// between two Han characters.
func wholeWords(s string) string {
	first, last := -1, -1
	before := rune(-1)
	for i, r := range s {
		white := func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }
		if i > 0 && (white(before) && !unicode.In(r, unicode.M, unicode.Cf) || unicode.Is(unicode.Han, before) && unicode.Is(unicode.Han, r)) || white(r) {
			if first < 0 {
				first = i
			}
			last = i
		}
		before = r
	}
	if first < 0 {
		return ""
	}
	return s[first:last]
}

// longestRun gives the longest stretch of letters and digits that no rule of word
// boundaries can part, folded.
func longestRun(s string) string {
	best := ""
	for _, run := range strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || unicode.IsLetter(r) && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic))
	}) {
		if len(run) > len(best) {
			best = run
		}
	}
	return strings.TrimSpace(string(diff.AppendFolded(nil, best)))
}

// candidates gives the articles in which something may be found; all is true where
// the index can't tell, and they are all that there are.
func (s *Store) candidates(h hints) (ids []schema.ID, all bool, err error) {
	var nums map[int64][]int64
	switch {
	case len(h.words.Words()) > 0:
		nums, err = s.idx.Holders(h.words)
	case h.letters != "":
		var few bool
		nums, few, err = s.idx.HoldersWith(h.letters)
		all = !few
	default:
		all = true
	}
	if err != nil {
		return nil, all, err
	}
	if all {
		rows, err := s.idx.List(index.ListFilter{})
		for i := range rows {
			ids = append(ids, rows[i].Article)
		}
		return ids, true, err
	}
	for num := range nums {
		id, err := s.idx.ArticleOf(num)
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, id)
	}
	return ids, false, nil
}

// whenScanned reads every version of the articles in which something may be found.
func (s *Store) whenScanned(ctx context.Context, q WhenQuery, find lookup, h hints) ([]*happening, error) {
	ids, all := []schema.ID{q.Article}, false
	if q.Article.IsZero() {
		var err error
		if ids, all, err = s.candidates(h); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		events  []*happening
		failed  error
		done    int
	)
	next := make(chan schema.ID)
	for range min(runtime.GOMAXPROCS(0), len(ids)) {
		working.Go(func() {
			for id := range next {
				list, err := s.scan(ctx, id, find)
				mu.Lock()
				events, done = append(events, list...), done+1
				if err != nil && failed == nil {
					failed = err
					cancel()
				}
				if all && q.Scan != nil {
					q.Scan(done, len(ids))
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	working.Wait()
	return events, failed
}

// scan reads all versions of an article.
func (s *Store) scan(ctx context.Context, id schema.ID, find lookup) ([]*happening, error) {
	rows, err := s.idx.Versions(id)
	if err != nil {
		return nil, err
	}
	sortRows(rows)
	files := newFiles(s.git.Blob, filesKept)
	version := func(id schema.ID, number int) (index.Row, bool, error) { return s.idx.Version(id, number) }
	w := &follower{counts: map[string]int{}, seen: map[string]bool{}}
	var was []fieldPlaces
	var old *schema.State
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		state, err := rowState(&rows[i], files, version)
		if err != nil {
			return nil, err
		}
		if old != nil {
			state = partly(old, state, rows[i].Known)
		}
		now := placesIn(state, was, find)
		w.take(&index.Touched{Seq: rows[i].Seq, Published: rows[i].Published.T.Unix()}, placesChange(was, now, find))
		was, old = now, state
	}
	return w.events, nil
}

// fieldPlaces says in how many places of a field something stands.
type fieldPlaces struct {
	diff.ReadableField
	n int
}

// placesIn counts in each field; a field that reads as before is not read again.
func placesIn(state *schema.State, was []fieldPlaces, find lookup) []fieldPlaces {
	var list []fieldPlaces
	for _, f := range diff.ReadableFields(state) {
		x := fieldPlaces{f, -1}
		for i := range was {
			if was[i].Name == f.Name && slices.Equal(was[i].Texts, f.Texts) {
				x.n = was[i].n
			}
		}
		if x.n < 0 {
			x.n = 0
			for _, text := range f.Texts {
				x.n += len(find(nil, text))
			}
		}
		list = append(list, x)
	}
	return list
}

// placesChange tells in which fields it stands more or less often.
func placesChange(was, now []fieldPlaces, find lookup) []change {
	var list []change
	for _, x := range was {
		if x.n > 0 && !slices.ContainsFunc(now, func(y fieldPlaces) bool { return y.Name == x.Name }) {
			now = append(now, fieldPlaces{diff.ReadableField{Name: x.Name}, 0})
		}
	}
	for _, x := range now {
		c := change{field: x.Name, by: x.n}
		from := x
		for _, y := range was {
			if y.Name == x.Name {
				if c.by -= y.n; x.n == 0 {
					from = y
				}
			}
		}
		if c.by != 0 {
			c.passage, _ = firstPlace(from.ReadableField, find)
			list = append(list, c)
		}
	}
	return list
}
