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
