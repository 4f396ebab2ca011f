package diff

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// headlineChange is a real change of a headline.
type headlineChange struct {
	ID, Before, After string
}

func headlineChanges(t testing.TB) (out []headlineChange) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "format", "headline-changes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var c headlineChange
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestKindsAreListedInOneOrder(t *testing.T) {
	d := goldenDiff()
	all := AllKinds()
	last := -1
	for _, k := range d.Kinds {
		at := slices.Index(all, k)
		if at <= last {
			t.Errorf("%s stands out of order in %s", k, Summarize(d.Kinds))
		}
		last = at
	}
	if got, want := Summarize(d.Kinds), "headline, summary, body, figure, wording, typography, image, contexts, sources, other"; got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
}

func TestSpelledNumbersAreEnglish(t *testing.T) {
	for _, c := range []struct{ language, want string }{
		{"", "headline, figure"}, {"en", "headline, figure"}, {"en-GB", "headline, figure"}, {"nl", "headline, wording"},
	} {
		d := States(&schema.State{Language: c.language, Headline: "six dead"}, &schema.State{Language: c.language, Headline: "ten dead"}, Options{})
		if got := Summarize(d.Kinds); got != c.want {
			t.Errorf("language %q: %s, want %s", c.language, got, c.want)
		}
	}
}

// TestSchemaListsEveryKind keeps the published list in step with AllKinds.
func TestSchemaListsEveryKind(t *testing.T) {
	var names []string
	for _, k := range AllKinds() {
		names = append(names, `"`+string(k)+`"`)
	}
	if want := `{"enum": [` + strings.Join(names, ", ") + `]}`; !strings.Contains(JSONSchema(), want) {
		t.Errorf("diff.schema.json lacks %s", want)
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range AllKinds() {
		if got, err := ParseKind(string(k)); got != k || err != nil {
			t.Errorf("%s reads %q, %v", k, got, err)
		}
	}
	for _, s := range []string{"", "Headline", "noise", "restores 1"} {
		if _, err := ParseKind(s); err == nil {
			t.Errorf("%q is read as a kind", s)
		}
	}
}

func TestNoise(t *testing.T) {
	for _, c := range []struct {
		kinds []Kind
		want  bool
	}{
		{nil, false},
		{[]Kind{KindHeadline, KindPunctuation}, true},
		{[]Kind{KindHeadline, KindBody, KindPunctuation, KindWhitespace}, true},
		{[]Kind{KindHeadline, KindBody, KindWording, KindWhitespace}, false},
		{[]Kind{KindBody, KindTypography}, true},
		{[]Kind{KindBody, KindWhitespace, KindSources}, false},
		{[]Kind{KindBody, KindStructure}, false},
	} {
		if got := Noise(c.kinds); got != c.want {
			t.Errorf("%s: noise %v", Summarize(c.kinds), got)
		}
	}
}
