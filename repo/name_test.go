package repo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// named makes a store of three articles; the first has four versions.
func named(t testing.TB) (s *Store, a, b, c schema.ID) {
	t.Helper()
	s, err := Init(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.now = func() time.Time { return time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC) }
	add := func(id, headline, published string) schema.ID {
		d := draft("2018-02-06", headline, "https://example.org/"+headline[:3])
		d.Input.ID, err = schema.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		if d.Published, err = schema.ParseTime(published); err != nil {
			t.Fatal(err)
		}
		results, err := s.Record(context.Background(), []Draft{d}, RecordOptions{})
		if err != nil || results[0].Outcome == Refused {
			t.Fatal(results, err)
		}
		return results[0].Version.Article
	}
	const ida, idb, idc = "abcd0000000000000000000000", "abcd1111111111111111111111", "wxyz2222222222222222222222"
	a = add(ida, "Two dead in Springfield", "2018-02-06T10:00:00Z")
	add(ida, "Seven dead in Springfield", "2018-02-06T13:49:27Z")
	add(ida, "Nine dead in Springfield", "2018-02-08T10:00:00Z")
	add(ida, "Eight dead in Springfield", "2018-02-07T10:00:00Z")
	b = add(idb, "Two dead in Shelbyville", "2018-02-06T10:00:00Z")
	c = add(idc, "Parliament votes", "2018-02-06T10:00:00Z")
	return s, a, b, c
}

func TestResolve(t *testing.T) {
	t.Parallel()
	s, a, b, c := named(t)
	for _, x := range []struct {
		name string
		want schema.ID
		many int // how many fit, where more than one do
	}{
		{"abcd0000000000000000000000", a, 0}, {"ABCD0000000000000000000000", a, 0}, {" abcd0000000000000000000000 ", a, 0},
		{"abcd0", a, 0}, {"wxyz", c, 0}, {"WXYZ", c, 0}, {"abcd", schema.ID{}, 2}, {"wxy", schema.ID{}, 0},
		{"two-dead-in-springfield", a, 0}, {"nine-dead-in-springfield", a, 0}, {"two-dead-in-sp", a, 0},
		{"two-dead-in-s", schema.ID{}, 2}, {"parl", c, 0}, {"par", c, 0}, {"two-dead-in-shelbyville", b, 0},
		{"/news/2018/02/6/two-dead-in-springfield", a, 0}, {"/news/2018/02/6/two-dead-in-springfield.html", a, 0},
		{"https://other.example/news/2018/02/6/seven-dead-in-springfield.json?x=1#top", a, 0},
		{"https://example.org/Two", schema.ID{}, 2}, {"https://example.org/Par", c, 0}, {"http://example.org/Par/?utm_source=x", c, 0},
		{"", schema.ID{}, 0}, {"nothing-like-it", schema.ID{}, 0}, {"abcd2222222222222222222222", schema.ID{}, 0}, {"%", schema.ID{}, 0},
		{"/", schema.ID{}, 3}, {"\xff\xff\xff\xff", schema.ID{}, 0}, {"_____", schema.ID{}, 0}, {"two%", schema.ID{}, 0},
	} {
		got, err := s.Resolve(context.Background(), x.name)
		var missing *NotFoundError
		switch {
		case !x.want.IsZero() && (err != nil || got != x.want):
			t.Errorf("%q leads to %s, %v; want %s", x.name, got, err, x.want)
		case x.want.IsZero() && (!errors.As(err, &missing) || len(missing.Candidates) != x.many):
			t.Errorf("%q leads to %s, %v; want %d candidates", x.name, got, err, x.many)
		}
	}
}

func TestResolveVersion(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, a, _, _ := named(t)
	two, err := s.Version(ctx, a, "2")
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[string]int{
		"": 3, "@current": 3, "@first": 1, "@1": 1, "@2": 2, "@4": 4, "@-1": 4, "@-2": 2, "@-3": 1, "@-4": 0, "@5": 0, "@0": 0, "@-0": 0, "@+1": 0,
		"@" + two.Seal.String(): 2, "@" + two.Seal.Short(): 2, "@" + two.Seal.String()[:4]: 2, "@" + two.Seal.String()[:3]: 0,
		"@2018-02-06": 2, "@2018-02-07": 4, "@2018-02-05": 0, "@2018-02-06T13:49:27Z": 2, "@2018-02-06T13:49:26Z": 1,
		"@{2018-02-06 13:00}": 1, "@{2018-02-06 13:49}": 2, "@{20 days ago}": 3, "@{21 days ago}": 4, "@{22 days ago}": 2, "@{yesterday}": 3, "@now": 3, "@{3 score ago}": 0, "@{}": 0, "@x": 0,
	} {
		got, err := s.ResolveVersion(ctx, "two-dead-in-springfield"+v)
		var missing *NotFoundError
		if want == 0 && !errors.As(err, &missing) || want > 0 && (err != nil || got.Number != want) {
			t.Errorf("%q is version %d, %v; want %d", v, got.Number, err, want)
		}
	}
	// An @ that is part of an address.
	d := draft("2018-02-06", "An address with a sign", "https://example.org/@ada")
	r := record(t, s, d, Created)
	if v, err := s.ResolveVersion(ctx, "https://example.org/@ada"); err != nil || v.Article != r.Version.Article {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := s.ResolveVersion(ctx, "https://example.org/@ada@1"); err != nil || v.Article != r.Version.Article {
		t.Errorf("%+v, %v", v, err)
	}
}

// FuzzResolve looks for a name that breaks the look-up: it finds an article, or
// says that it doesn't.
func FuzzResolve(f *testing.F) {
	s, a, _, _ := named(f)
	for _, name := range []string{a.String(), "abcd", "two-dead-in-s@{2018-02-06 13:00}", "https://example.org/@ada@-1", "/news/2018/02/6/", "@", "%00", "\xff\xff", "@{", "x@99999999999999999999", "*", "?#", "//", "http://"} {
		f.Add(name)
	}
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, name string) {
		var missing *NotFoundError
		if id, err := s.Resolve(ctx, name); err != nil && !errors.As(err, &missing) || err == nil && id.IsZero() {
			t.Fatalf("%q: %s, %v", name, id, err)
		}
		v, err := s.ResolveVersion(ctx, name)
		if err != nil && !errors.As(err, &missing) || err == nil && v.Number == 0 {
			t.Fatalf("%q: %+v, %v", name, v, err)
		}
		if err == nil {
			again, err := s.ResolveVersion(ctx, fmt.Sprintf("%s@%d", v.Article, v.Number))
			if err != nil || again.Seal != v.Seal {
				t.Fatalf("%q is version %d, which is %+v, %v", name, v.Number, again, err)
			}
		}
		if _, err := s.Complete(ctx, name, 10); err != nil {
			t.Fatal(err)
		}
	})
}
