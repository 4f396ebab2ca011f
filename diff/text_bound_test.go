package diff

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// zipfWords makes n words out of a stock of size words, frequent ones first, as in
// natural text. Words of different stocks are different.
func (r *random) zipfWords(n, size int, stock string) []string {
	list := make([]string, n)
	for k := range list {
		rank := 1
		for rank < size && r.next(1000) < 950 { // doubles with falling chance
			rank = rank*(100+r.next(30))/100 + 1
			if r.next(12) == 0 {
				break
			}
		}
		list[k] = fmt.Sprintf("%s%d", stock, rank)
	}
	return list
}

func (r *random) shuffle(list []string) []string {
	list = append([]string(nil), list...)
	for k := len(list) - 1; k > 0; k-- {
		other := r.next(k + 1)
		list[k], list[other] = list[other], list[k]
	}
	return list
}

func join(words []string) string { return strings.Join(words, " ") }

// numbered makes the words stock0, stock1, …
func numbered(n int, stock string) []string {
	list := make([]string, n)
	for k := range list {
		list[k] = fmt.Sprint(stock, k)
	}
	return list
}

// paragraphs wraps words into lines of twelve and paragraphs of five lines.
func paragraphs(words []string) string {
	var s strings.Builder
	for k, w := range words {
		s.WriteString(w)
		switch {
		case k%60 == 59:
			s.WriteString(".\n\n")
		case k%12 == 11:
			s.WriteByte('\n')
		default:
			s.WriteByte(' ')
		}
	}
	return s.String()
}

type hardCase struct {
	name, a, b string
	steps      int64 // that the exact core and the moves may take
	changed    int   // words that the diff may show as changed, -1 for any number
}

// hardMemory is what the diff of a hard case may allocate in all: bytes.
const hardMemory = 200e6

// hardCases are inputs that are known to hurt word diffs.
func hardCases() []hardCase {
	r := random(42)
	zipf := r.zipfWords(100_000, 30_000, "w")
	law := r.zipfWords(100_000, 20_000, "w")
	distinct := numbered(70_000, "d")
	edited := append([]string(nil), distinct...)
	for k := range 141 {
		edited[k*490+7] = edited[k*490+9]
	}
	long := r.zipfWords(60_000, 20_000, "w")
	longEdited := append([]string(nil), long...)
	for k := range 60 {
		longEdited[k*990+5] = "edited"
	}
	fourth := numbered(64_000, "d")
	fourthEdited := append([]string(nil), fourth...)
	for k := 0; k < len(fourth); k += 4 {
		fourthEdited[k] = fourth[(k*7919+3)%len(fourth)]
	}
	big := paragraphs(r.zipfWords(180_000, 30_000, "w"))
	middle := strings.Index(big[len(big)/2:], "\n\n") + len(big)/2 + 2
	after := strings.Index(big[middle:], "\n\n") + middle + 2
	text := paragraphs(law)
	return []hardCase{
		{"disjoint", join(numbered(100_000, "a")), join(numbered(100_000, "b")), 1e6, 200_000},
		{"shuffled", join(zipf), join(r.shuffle(zipf)), 1.5e8, -1},
		{"unrelated", text, paragraphs(zipf), 1.5e8, -1},
		{"alternating", strings.Repeat("a b ", 25_000), strings.Repeat("b a ", 24_000), 5e7, 2002},
		{"one line", join(long), join(longEdited), 1e6, 240},
		{"doubled paragraph", big, big[:after] + big[middle:], 0, 80},
		{"distinct words", join(distinct), join(edited), 1e6, 450},
		{"every fourth", join(fourth), join(fourthEdited), 5e7, -1},
		{"one word", strings.Repeat("word ", 40_000), strings.Repeat("word ", 39_999), 0, 1},
		{"line ends", strings.ReplaceAll(text, "\n", "\r\n"), text, 0, 0},
		{"re-wrapped", text, strings.ReplaceAll(text, "\n\n", "\n"), 0, 0},
		{"one line of it", text, strings.ReplaceAll(text, "\n", " "), 0, 0},
		{"tabs", strings.Repeat("\t", 50_000), strings.Repeat("\t", 40_000) + "x", 0, 1},
		{"bytes", strings.Repeat("\x80\x81", 20_000), strings.Repeat("\x81\x80", 19_000), 5e7, -1},
		{"marks on a space", " " + strings.Repeat("\u0301", 50_000), " " + strings.Repeat("\u0301", 49_999), 0, 2},
		{"waiting apostrophes", strings.Repeat("a'\u0301", 20_000), strings.Repeat("a'\u0301", 19_000), 5e7, -1},
		{"emoji", strings.Repeat("👩‍👩‍👧🇫🇷👍🏽 and ", 8_000), strings.Repeat("👩‍👩‍👧🇫🇷👍🏿 and ", 7_900), 2e7, -1},
		{"no spaces", strings.Repeat("น้ำใหม่漢字文章", 4_000), strings.Repeat("น้ำใหม่漢字新章", 4_000), 2e7, -1},
		{"empty", "", big, 0, -1},
	}
}

// TestTextsBound holds the hard cases to their share of work and of words. The work
// is counted: a clock would test the machine.
func TestTextsBound(t *testing.T) {
	for _, c := range hardCases() {
		for _, flip := range []bool{false, true} {
			a, b := c.a, c.b
			if flip {
				a, b = b, a
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			e := new(engine)
			out := e.diff(a, b, Options{})
			runtime.ReadMemStats(&after)
			// all that was ever allocated is more than was ever held
			if held := after.TotalAlloc - before.TotalAlloc; held > hardMemory {
				t.Errorf("%s: %d bytes allocated, %.0g allowed", c.name, held, float64(hardMemory))
			}
			if err := tileProblem(a, b, out); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			changed := 0
			for _, s := range out {
				if s.Op != Equal {
					changed += len(AppendTokens(nil, a[s.A0:s.A1])) + len(AppendTokens(nil, b[s.B0:s.B1]))
				}
			}
			if e.exact.steps > c.steps+1000 || c.changed >= 0 && changed > c.changed {
				t.Errorf("%s: %d steps for %d words; %.0g, %d allowed", c.name, e.exact.steps, changed, float64(c.steps), c.changed)
			}
			t.Logf("%-20s %11d steps %7d words %6d segments %4d MB", c.name, e.exact.steps, changed, len(out), (after.TotalAlloc-before.TotalAlloc)/1e6)
		}
	}
}

// TestBudget gives the exact core more than it may solve: it must split, and what
// it finds must still be common.
func TestBudget(t *testing.T) {
	r := random(3)
	words := r.zipfWords(300_000, 400, "w") // all repeat
	for k := 0; k < len(words); k += 9_000 {
		words[k] = fmt.Sprint("once", k)
	}
	other := append([]string(nil), words[5_000:]...)
	for k := range other {
		if r.next(3) == 0 {
			other[k] = words[r.next(len(words))]
		}
	}
	a, b := join(words), join(other)
	e := new(engine)
	out := e.diff(a, b, Options{})
	if err := tileProblem(a, b, out); err != nil {
		t.Fatal(err)
	}
	if kept := equalTokens(a, out); kept < 100_000 {
		t.Errorf("%d words of %d kept", kept, len(words))
	}
	if e.exact.steps > 2*budgetCells/64 {
		t.Errorf("%d steps", e.exact.steps)
	}
	t.Logf("%d steps, %d cells", e.exact.steps, e.exact.cells)
}
