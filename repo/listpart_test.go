package repo

import (
	"fmt"
	"testing"

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
		record(t, s, d, Created)
	}
	for _, f := range []ListFilter{{}, {Status: schema.Usable}, {Status: schema.Canceled}, {ByPath: true}, {Date: "2020-05-04"}, {Prefix: "/news/2020/05/1"}} {
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

func listed(list []Version) (out []string) {
	for _, v := range list {
		out = append(out, string(v.Date)+" "+v.Headline+" "+v.Article.String())
	}
	return out
}
