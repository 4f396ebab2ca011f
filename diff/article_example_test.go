package diff_test

import (
	"fmt"
	"os"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// Two states of an event: which fields differ, what kind of change it is, and the
// word diff.
func ExampleStates() {
	before := &schema.State{Headline: "At least 2 dead as a ferry sinks", Contexts: []string{"Mali"}}
	after := &schema.State{Headline: "At least 7 dead as a ferry sinks", Contexts: []string{"Timbuktu", "Mali"}}

	d := diff.States(before, after, diff.Options{})
	fmt.Println(diff.Summarize(d.Kinds))
	if err := diff.Write(os.Stdout, diff.Plain, d, diff.ShowOptions{Around: diff.AroundAll}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// headline, figure, contexts
	// @@ headline @@ headline, figure
	// At least [-2-]{+7+} dead as a ferry sinks
	//
	// @@ contexts @@ contexts
	// Mali
	// {+Timbuktu+}
}

// Two bare texts: the merged text alone.
func ExampleWriteText() {
	before, after := "The quick brown fox", "The slow brown fox jumps"
	segments := diff.Texts(before, after, diff.Options{})
	if err := diff.WriteText(os.Stdout, diff.Plain, before, after, segments, diff.ShowOptions{Around: diff.AroundAll}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// The [-quick-]{+slow+} brown fox {+jumps+}
}
