package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// A version of which a page's list of changes told, and no more, has no size: neither
// it nor the one behind it shrank or grew by what nobody knows.
func TestSizesThatNobodyKnows(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../../examples/pages/iraq-2-2018.md")
	if err != nil {
		t.Fatal(err)
	}
	page, problem := schema.ParsePage(content)
	if problem != nil {
		t.Fatal(problem)
	}
	s := emptySite(t)
	results, err := s.store.Record(t.Context(), []repo.Draft{{Input: page.Input()}}, repo.RecordOptions{Earlier: true})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results[0].Err)
	}
	list := s.versions(results[0].Version.Article.String())
	unknown := 0
	for _, v := range list {
		if !v.Known.Has(schema.FieldBody) {
			unknown++
		}
	}
	if unknown == 0 || unknown == len(list) {
		t.Fatalf("of %d versions %d are known in part", len(list), unknown)
	}
	path := list[len(list)-1].Path
	for view, want := range map[string]int{"/changes": unknown, "/timeline": unknown} {
		_, body := s.get(path + view)
		_, body, _ = strings.Cut(body, "<table")
		if got := strings.Count(body, ">unknown<"); got != want {
			t.Errorf("%s: %d sizes are unknown, want %d\n%s", view, got, want, body)
		}
		if strings.Contains(body, "shrank") || strings.Contains(body, "grew") {
			t.Errorf("%s tells of growth\n%s", view, body)
		}
	}
}
