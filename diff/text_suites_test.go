package diff

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// suitesFolder holds test cases of other word diffs that the repository may not carry.
// Without it the tests that read them have nothing to do, and say so.
func suitesFolder(t *testing.T) string {
	dir := os.Getenv("STEMMA_WORDDIFF")
	if dir == "" {
		t.Skip("a long form: STEMMA_WORDDIFF names a folder of real_pairs.jsonl, git_t4034.json, wikidiff2_phpt.json, diff_match_patch.json and dmp-speedtest1.txt, 2")
	}
	return dir
}

// suitePair is a case of one of the suites, with the answers of other tools.
type suitePair struct {
	ID, Before, After string
	Wdiff             string
	Wikidiff2         json.RawMessage `json:"wikidiff2_1_13"`
	Format            string
}

func readSuite(t *testing.T, dir, name string) []suitePair {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var list []suitePair
	if strings.HasSuffix(name, ".jsonl") {
		lines := bufio.NewScanner(strings.NewReader(string(data)))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var p suitePair
			if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
	} else if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Fatalf("%s: %d cases", name, len(list))
	}
	return list
}

// patchPairs gives the pairs of texts that diff-match-patch's own tests diff.
func patchPairs(t *testing.T, dir string) []suitePair {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "diff_match_patch.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Args []json.RawMessage
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	var list []suitePair
	for _, c := range cases {
		var a, b string
		if len(c.Args) >= 2 && json.Unmarshal(c.Args[0], &a) == nil && json.Unmarshal(c.Args[1], &b) == nil {
			list = append(list, suitePair{Before: a, After: b})
		}
	}
	var speed [2]string
	for k, name := range []string{"dmp-speedtest1.txt", "dmp-speedtest2.txt"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		speed[k] = string(text)
	}
	if len(list) < 20 {
		t.Fatalf("diff_match_patch.json: %d pairs", len(list))
	}
	return append(list, suitePair{Before: speed[0], After: speed[1]})
}

// TestSuites diffs every pair of the suites, both ways and by all options, and holds
// the result to what a diff promises.
func TestSuites(t *testing.T) {
	dir := suitesFolder(t)
	all := patchPairs(t, dir)
	for _, name := range []string{"real_pairs.jsonl", "git_t4034.json", "wikidiff2_phpt.json"} {
		all = append(all, readSuite(t, dir, name)...)
	}
	for _, p := range all {
		for _, opt := range []Options{{}, {NoMoves: true}, {NoMoves: true, Island: -1}, {Island: 5}} {
			checkTexts(t, p.Before, p.After, opt)
			checkTexts(t, p.After, p.Before, opt)
		}
		if len(p.Before) > minAnchored && len(p.After) > minAnchored && strings.Contains(p.Before, "\n") {
			continue // anchors may cost words
		}
		segs := Texts(p.Before, p.After, Options{NoMoves: true, Island: -1})
		least := len(AppendTokens(nil, p.Before)) + len(AppendTokens(nil, p.After)) - 2*lcsLength(p.Before, p.After)
		if shown := changedTokens(p.Before, p.After, segs); shown != least {
			t.Errorf("%.40q: %d words shown as changed, %d can be", p.Before, shown, least)
		}
	}
	t.Logf("%d pairs", len(all))
}

// TestSuitesWdiff counts the words that stand between the marks of `plain`, as wdiff
// counts words: parted by white space. Pairs that hold such marks themselves can't be
// counted in wdiff's answer.
func TestSuitesWdiff(t *testing.T) {
	marks := regexp.MustCompile(`(?s)\[-(.*?)-\]|\{\+(.*?)\+\}`)
	ours, theirs, pairs := 0, 0, 0
	for _, p := range readSuite(t, suitesFolder(t), "real_pairs.jsonl") {
		if text := p.Before + p.After; strings.Contains(text, "[-") || strings.Contains(text, "-]") || strings.Contains(text, "{+") || strings.Contains(text, "+}") {
			continue
		}
		pairs++
		for _, m := range marks.FindAllStringSubmatch(p.Wdiff, -1) {
			theirs += len(strings.Fields(m[1] + m[2]))
		}
		for _, s := range Texts(p.Before, p.After, Options{}) {
			if s.Op != Equal {
				ours += len(strings.Fields(p.Before[s.A0:s.A1])) + len(strings.Fields(p.After[s.B0:s.B1]))
			}
		}
	}
	t.Logf("%d words marked in %d pairs, wdiff marks %d", ours, pairs, theirs)
	if pairs < 200 || ours > theirs {
		t.Errorf("%d words marked in %d pairs, wdiff marks %d", ours, pairs, theirs)
	}
}

// wikidiff2Words counts the words that wikidiff2 shows as changed, by its answer in
// JSON: those of lines added (type 1) or deleted (2), and of ranges in lines changed (3)
// or moved (5).
func wikidiff2Words(t *testing.T, answer json.RawMessage) int {
	t.Helper()
	type line struct {
		Type   int
		Text   string
		Ranges []struct{ Start, Length int } `json:"highlightRanges"`
	}
	var doc struct {
		JSON struct{ Diff []line } `json:"inline_json"`
	}
	if err := json.Unmarshal(answer, &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range doc.JSON.Diff {
		if line.Type == 1 || line.Type == 2 {
			n += len(AppendTokens(nil, line.Text))
		}
		for _, r := range line.Ranges {
			n += len(AppendTokens(nil, line.Text[r.Start:r.Start+r.Length]))
		}
	}
	return n
}

// TestSuitesWikidiff2 holds us to the words that wikidiff2 shows as changed on its own
// test cases. What only moved doesn't count.
func TestSuitesWikidiff2(t *testing.T) {
	reasons := map[string]string{
		"004": "a word of three letters between two replacements: an island",
		"001": "lines of nine bytes moved: below minMoved",
		"016": "a line of eleven letters moved: below minMoved",
		"028": "lines of six letters moved: below minMoved",
	}
	seen := map[string]bool{}
	for _, p := range readSuite(t, suitesFolder(t), "wikidiff2_phpt.json") {
		if seen[p.Before+"\x00"+p.After] {
			continue
		}
		seen[p.Before+"\x00"+p.After] = true
		ours := 0
		for _, s := range Texts(p.Before, p.After, Options{}) {
			if s.Op == Delete || s.Op == Insert {
				ours += len(AppendTokens(nil, p.Before[s.A0:s.A1])) + len(AppendTokens(nil, p.After[s.B0:s.B1]))
			}
		}
		theirs := wikidiff2Words(t, p.Wikidiff2)
		t.Logf("%-34s %6d words, wikidiff2 %6d", p.ID, ours, theirs)
		if id, _, _ := strings.Cut(p.ID, "#"); ours > theirs && reasons[id] == "" {
			t.Errorf("%s: %d words shown as changed, wikidiff2 shows %d", p.ID, ours, theirs)
		}
	}
}
