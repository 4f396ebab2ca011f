package diff

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// labelled is a real change of a headline, and the kinds that a reader gave it.
type labelled struct {
	ID, Before, After string
	Kinds             []Kind
}

func labelledHeadlines(t testing.TB, name string) (out []labelled) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var l labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// labelKinds are the kinds that a headline's change can be labelled with.
var labelKinds = [...]Kind{KindFigure, KindName, KindQuotation, KindWording, KindPunctuation, KindTypography, KindWhitespace}

func headlineKinds(l labelled) []Kind {
	d := States(&schema.State{Headline: l.Before}, &schema.State{Headline: l.After}, Options{})
	return slices.DeleteFunc(d.Kinds, func(k Kind) bool { return k == KindHeadline })
}

// score counts, for each kind, where the program and the reader agree and where not.
type score struct{ both, program, reader int }

func (s score) precision() float64 { return percent(s.both, s.both+s.program) }
func (s score) recall() float64    { return percent(s.both, s.both+s.reader) }
func (s score) examples() int      { return s.both + s.reader }

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(n) / float64(of)
}

// TestKindsAsLabelledByHand measures the kinds against 399 real changes of
// descriptions of news events, which were read and labelled one by one, by the
// definitions in plain words that stand at [Kind], before any answer of the program
// was looked at.
//
// headlines.jsonl holds 200 at a fixed stride through 520 changes, and all others of
// the 520 in which marks alone changed or quotation marks stand: the rules were made
// with these in mind. headlines-heldout.jsonl holds 60 more at a stride, and then
// 110 of the rest: for these nothing was tuned before they were first measured. At
// first sight 59 and 105 of them had exactly the kinds of the label, and each kind
// with ten examples or more a precision and recall of 95 % at least, but for the
// precision of figure among the 60 (91.7 %: one label had overlooked "four years").
//
// A label was changed afterwards where it was wrong by the definitions alone: four of
// the 170, none of the 229. Acronyms that are no names ("SOS", "Mw") were learnt from
// the two that remained.
//
// A label that can be argued about: whether a capital alone is wording (it is), whether
// ", Texas" that came is a name (it is) or wording too (it is not), whether "11" →
// "eleven" is a figure (it is wording), and whether a name said once more is one.
func TestKindsAsLabelledByHand(t *testing.T) {
	for _, file := range []string{"headlines.jsonl", "headlines-heldout.jsonl"} {
		scores := map[Kind]*score{}
		for _, k := range labelKinds {
			scores[k] = new(score)
		}
		pairs, exact := labelledHeadlines(t, file), 0
		for _, l := range pairs {
			got := headlineKinds(l)
			if slices.Equal(got, l.Kinds) {
				exact++
			} else {
				t.Logf("%s: %s, labelled %s\n  %s\n  %s", l.ID, Summarize(got), Summarize(l.Kinds), l.Before, l.After)
			}
			for _, k := range labelKinds {
				switch g, w := slices.Contains(got, k), slices.Contains(l.Kinds, k); {
				case g && w:
					scores[k].both++
				case g:
					scores[k].program++
				case w:
					scores[k].reader++
				}
			}
		}
		t.Logf("%s: %d of %d pairs have exactly the kinds of the label", file, exact, len(pairs))
		for _, k := range labelKinds {
			s := scores[k]
			t.Logf("%-12s %3d examples, precision %5.1f %%, recall %5.1f %%", k, s.examples(), s.precision(), s.recall())
			if s.examples() >= 10 && (s.precision() < 95 || s.recall() < 95) {
				t.Errorf("%s: %s is told too badly", file, k)
			}
		}
	}
}
