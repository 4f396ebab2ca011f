package diff

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ulikunitz/xz"
)

// realHistories reads the texts of whole histories: the sample that the project carries,
// or every *.revs.jsonl.xz of the folder that STEMMA_HISTORIES names. A document that
// was deleted has an empty text then.
func realHistories(t *testing.T) map[string][]string {
	t.Helper()
	files := []string{filepath.Join("..", "repo", "ingest", "testdata", "documents.revs.jsonl.xz")}
	if dir := os.Getenv("STEMMA_HISTORIES"); dir != "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(dir, "*.revs.jsonl.xz")); err != nil || len(files) == 0 {
			t.Fatalf("no *.revs.jsonl.xz in %s: %v", dir, err)
		}
	}
	texts := map[string][]string{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		plain, err := xz.NewReader(bufio.NewReader(f))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(plain)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var l struct {
				Doc  string
				Text any
			}
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Fatal(err)
			}
			text, _ := l.Text.(string)
			key := filepath.Base(file) + " " + l.Doc
			texts[key] = append(texts[key], text)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

// TestBlameReal follows real histories: every version's words are its tokens, no version
// is named for a word more often than it has it, a version that says what an earlier one
// said brings nothing new, and no more words are called new than a diff between neighbours
// calls inserted.
func TestBlameReal(t *testing.T) {
	versions, returns, words, newWords, inserted, recalled := 0, 0, 0, 0, 0, 0
	for doc, texts := range realHistories(t) {
		var b Blame
		seen := map[string]bool{}
		before := ""
		var origins []Origin
		for v, text := range texts {
			b.Add(v, text)
			origins = b.Words()
			tokens := AppendTokens(nil, text)
			if len(origins) != len(tokens) {
				t.Fatalf("%s, version %d: %d words, want %d", doc, v, len(origins), len(tokens))
			}
			fresh := 0
			for k, o := range origins {
				if (Token{o.Start, o.End}) != tokens[k] || o.Version > v {
					t.Fatalf("%s, version %d: word %d is %+v, want %v", doc, v, k, o, tokens[k])
				}
				if o.Version == v {
					fresh++
				}
			}
			if seen[text] {
				returns++
				if fresh > 0 {
					t.Errorf("%s: version %d is an old one, and %d words are called new", doc, v, fresh)
				}
			}
			if v > 0 {
				for _, s := range Texts(before, text, Options{NoMoves: true, Island: -1}) {
					if s.Op == Insert {
						inserted += len(AppendTokens(nil, text[s.B0:s.B1]))
					}
				}
				newWords += fresh
			}
			seen[text], before = true, text
			versions, words = versions+1, words+len(tokens)
		}
		recalled += len(origins)
		namedTooOften(t, doc, texts, origins)
	}
	t.Logf("%d versions, %d of them old ones again, %d words; new: %d, inserted by diffs of neighbours: %d", versions, returns, words, newWords, inserted)
	if newWords > inserted || recalled == 0 {
		t.Errorf("%d words are new, a diff inserts %d", newWords, inserted)
	}
}

// namedTooOften holds the origins of the last version against the versions.
func namedTooOften(t *testing.T, doc string, texts []string, origins []Origin) {
	t.Helper()
	last := texts[len(texts)-1]
	named := map[int]map[string]int{}
	for _, o := range origins {
		if named[o.Version] == nil {
			named[o.Version] = map[string]int{}
		}
		named[o.Version][last[o.Start:o.End]]++
	}
	for v, words := range named {
		for _, k := range AppendTokens(nil, texts[v]) {
			words[texts[v][k.Start:k.End]]--
		}
		for word, n := range words {
			if n > 0 {
				t.Errorf("%s: version %d is named for %q %d times too often", doc, v, word, n)
			}
		}
	}
}
