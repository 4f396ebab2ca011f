package repo

import (
	"maps"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestQuietEditsOfAnArticle: the quiet edits of an article are those that the log of the
// whole store shows of it.
func TestQuietEditsOfAnArticle(t *testing.T) {
	ctx := t.Context()
	s := newStore(t)
	id := schema.DeriveID("quiet")
	var drafts []Draft
	add := func(note string, change func(*schema.State)) {
		state := schema.State{ID: id, Headline: "Two die in storm", Body: "It reached the coast.\n", Date: "2020-05-01"}
		if len(drafts) > 0 {
			state = drafts[len(drafts)-1].Input.State
		}
		change(&state)
		drafts = append(drafts, Draft{Input: schema.Input{State: state, Carries: schema.AllFields}, Note: note,
			Published: schema.At(time.Date(2020, 5, 1, 8, len(drafts), 0, 0, time.UTC))})
	}
	add("", func(*schema.State) {})                                                         // 1: nothing changed yet
	add("", func(st *schema.State) { st.Headline = "Seven die in storm" })                  // 2: quiet
	add("A higher toll", func(st *schema.State) { st.Headline = "Nine die in storm" })      // 3: a note
	add("", func(st *schema.State) { st.Category = "Disasters" })                           // 4: no text
	add("", func(st *schema.State) { st.Body = "It reached  the coast.\n" })                // 5: white space
	add("", func(st *schema.State) { st.Body = "It reached the northern coast.\n" })        // 6: corrected, 5 to 7
	add("", func(st *schema.State) { st.Body = "It reached the southern coast.\n" })        // 7: the same
	add("", func(st *schema.State) { st.Summary = "A storm." })                             // 8: quiet
	add("", func(st *schema.State) { st.Status, st.Summary = schema.Withheld, "A gale." })  // 9: withheld
	add("", func(st *schema.State) { st.Status, st.Headline = schema.Usable, "Nine died" }) // 10: quiet
	if _, err := s.Record(ctx, drafts, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Changes(ctx, id)
	if err != nil || len(all) != len(drafts) {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	if _, err := s.Correct(ctx, all[4], all[6], Corrects, "It was the southern coast.", Actor{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.QuietEdits(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[int]bool{2: true, 8: true, 10: true}; !maps.Equal(got, want) {
		t.Errorf("quiet are %v, want %v", got, want)
	}
	logged := map[int]bool{}
	for v, err := range s.Log(ctx, LogFilter{QuietEdits: true}) {
		if err != nil {
			t.Fatal(err)
		}
		logged[v.Number] = true
	}
	if !maps.Equal(got, logged) {
		t.Errorf("the log has %v", logged)
	}
}
