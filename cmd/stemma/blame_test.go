package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/diff"
)

// blameWikis are the histories whose totals are known: the sample that the project
// carries, and, below the folder that STEMMA_WIKIS names, the same article's first 1,200
// revisions.
func blameWikis(tb testing.TB) map[string]string {
	wikis := map[string]string{"anarchism-14": filepath.Join("..", "..", "repo", "ingest", "testdata", "anarchism.export-0.4.xml.bz2")}
	if dir := os.Getenv("STEMMA_WIKIS"); dir != "" {
		found, err := filepath.Glob(filepath.Join(dir, "enwiki-Anarchism-r0001-1200.*"))
		if err != nil || len(found) != 1 {
			tb.Fatalf("%d histories of 1,200 revisions in %s, want one: %v", len(found), dir, err)
		}
		wikis["anarchism-1200"] = found[0]
	}
	return wikis
}

// TestBlameTotals: whose words the last version of a real article holds, counted once
// and for all. Every run's bytes stand in the version that it names.
func TestBlameTotals(t *testing.T) {
	for name, file := range blameWikis(t) {
		t.Run(name, func(t *testing.T) {
			w, _, _ := testWorld(t)
			must(t, w, "init", "s")
			must(t, w, "-C", "s", "import", "mediawiki", absolute(t, file))
			got := must(t, w, "-C", "s", "blame", "anarchism", "--totals")
			golden := filepath.Join("testdata", "blame", name+".txt")
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s (%v):\n%s", golden, err, got)
			}
			if again := must(t, w, "-C", "s", "blame", "anarchism", "--totals"); again != got {
				t.Error("a second run counts otherwise")
			}
			checkRuns(t, w, must(t, w, "-C", "s", "blame", "anarchism", "--json", "--field", "body"))
		})
	}
}

// checkRuns reads each version that is named once, and looks there for the words.
func checkRuns(t *testing.T, w world, printed string) {
	t.Helper()
	type run struct{ Start, End, Version, Words int }
	var b struct {
		Article string
		Fields  []struct {
			Text string
			Runs []run
		}
		Versions []struct{ Version int }
	}
	if err := json.Unmarshal([]byte(printed), &b); err != nil || len(b.Fields) != 1 {
		t.Fatalf("%d fields, %v", len(b.Fields), err)
	}
	f := b.Fields[0]
	byVersion := map[int][]run{}
	at, words := 0, 0
	for _, r := range f.Runs {
		if r.Start < at || r.End <= r.Start || strings.TrimSpace(f.Text[at:r.Start]) != "" {
			t.Fatalf("the run %+v after byte %d", r, at)
		}
		at, words = r.End, words+r.Words
		byVersion[r.Version] = append(byVersion[r.Version], r)
	}
	if at == 0 || strings.TrimSpace(f.Text[at:]) != "" {
		t.Fatalf("%d of %d bytes have an origin", at, len(f.Text))
	}
	if len(b.Versions) != len(byVersion) {
		t.Errorf("%d versions are listed, %d named", len(b.Versions), len(byVersion))
	}
	for _, listed := range b.Versions {
		v := listed.Version
		var state struct{ Body string }
		if err := json.Unmarshal([]byte(must(t, w, "-C", "s", "show", b.Article+"@"+strconv.Itoa(v), "--json")), &state); err != nil {
			t.Fatal(err)
		}
		there := map[string]int{}
		for _, k := range diff.AppendTokens(nil, state.Body) {
			there[state.Body[k.Start:k.End]]++
		}
		for _, r := range byVersion[v] {
			text := f.Text[r.Start:r.End]
			for _, k := range diff.AppendTokens(nil, text) {
				if word := text[k.Start:k.End]; there[word] == 0 {
					t.Errorf("version %d has %q less often than it is named for", v, word)
				} else {
					there[word]--
				}
			}
		}
	}
}
