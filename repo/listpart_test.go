package repo

import (
	"fmt"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// A list that is read in parts of any length is the list.
func TestListInParts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range 30 {
		d := draft(schema.Date(fmt.Sprintf("2020-05-%02d", 1+i%7*3)), fmt.Sprintf("Story %d", i%10), fmt.Sprintf("https://a.example/%d", i))
		d.Input.ID = schema.DeriveID(fmt.Sprint(i))
		if i%5 == 0 {
			d.Input.Status = schema.Canceled
		}
		if i%3 == 0 {
			d.Input.Category, d.Input.Contexts = "Law", []string{"Peru"}
			d.Input.Carries |= schema.Fields(schema.FieldCategory, schema.FieldContexts)
		}
		record(t, s, d, Created)
	}
	for _, f := range []ListFilter{{}, {Status: schema.Usable}, {Status: schema.Canceled}, {ByPath: true}, {Date: "2020-05-04"}, {Prefix: "/news/2020/05/1"},
		{ByPath: true, Prefix: "/news/2020/05/1"}, {Category: "Law"}, {Context: "Peru"}, {Context: "Peru", Status: schema.Usable},
		{Moment: Moment{At: time.Now()}}, {Moment: Moment{At: time.Now(), Clock: ByRecorded}, Context: "Peru"}} {
		all, err := s.List(t.Context(), f)
		if err != nil || len(all) < 4 {
			t.Fatal(len(all), err)
		}
		for limit := 1; limit < 12; limit++ {
			f.Limit, f.From = limit+1, ListPlace{}
			var got []Version
			for {
				part, err := s.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, part[:min(len(part), limit)]...)
				if len(part) <= limit || len(got) > len(all) {
					break
				}
				f.From = f.PlaceOf(part[limit])
			}
			if fmt.Sprint(listed(got)) != fmt.Sprint(listed(all)) {
				t.Errorf("%+v in parts of %d:\n%v, not\n%v", f, limit, listed(got), listed(all))
			}
		}
	}
}

// The list by path is kept in memory between two questions: whatever happens meanwhile,
// it is the one that is made anew.
func TestListByPathIsKept(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var ids []schema.ID
	same := func(what string) {
		t.Helper()
		got, err := s.List(t.Context(), ListFilter{ByPath: true, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.List(t.Context(), ListFilter{ByPath: true}) // all is asked for: made anew
		if err != nil || fmt.Sprint(listed(got)) != fmt.Sprint(listed(want)) || len(got) == 0 {
			t.Fatalf("after %s: %v\n%v, not\n%v", what, err, listed(got), listed(want))
		}
	}
	say := func(id schema.ID, headline string) {
		t.Helper()
		d := draft("2020-05-01", headline, "https://a.example/"+id.String())
		d.Input.ID = id
		if _, err := s.Record(t.Context(), []Draft{d}, RecordOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 12 {
		ids = append(ids, schema.DeriveID(fmt.Sprint(i)))
		say(ids[i], fmt.Sprintf("Story %c", 'z'-i))
		same("a new article")
		say(ids[i/2], fmt.Sprintf("Story %c again", 'a'+i))
		same("a new path")
	}
	if _, err := s.Link(t.Context(), ids[0], ids[5], Actor{Author: schema.Person{Name: "Ed", Email: "ed@example.org"}}); err != nil {
		t.Fatal(err)
	}
	same("a link")
	if _, err := s.Withdraw(t.Context(), ids[1], Actor{Author: schema.Person{Name: "Ed", Email: "ed@example.org"}}); err != nil {
		t.Fatal(err)
	}
	same("a withdrawal")
}

func listed(list []Version) (out []string) {
	for _, v := range list {
		out = append(out, string(v.Date)+" "+v.Headline+" "+v.Article.String())
	}
	return out
}
