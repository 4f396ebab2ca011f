package web

import "testing"

func TestParsePlace(t *testing.T) {
	for path, want := range map[string]place{
		"/news/2015/09/26/slug":                   {"/news/2015/09/26/slug", viewArticle, "html", ""},
		"/news/2015/09/26/slug.md":                {"/news/2015/09/26/slug", viewArticle, "md", ""},
		"/news/2015/09/26/u.s.-says":              {"/news/2015/09/26/u.s.-says", viewArticle, "html", ""},
		"/news/2015/09/26/slug/changes":           {"/news/2015/09/26/slug", viewChanges, "html", ""},
		"/news/2015/09/26/slug/changes.atom":      {"/news/2015/09/26/slug", viewChanges, "atom", ""},
		"/news/2015/09/26/slug/diff":              {"/news/2015/09/26/slug", viewDiff, "html", ""},
		"/news/2015/09/26/slug/diff/2..5":         {"/news/2015/09/26/slug", viewDiff, "html", "2..5"},
		"/news/2015/09/26/slug/diff/2..5.json":    {"/news/2015/09/26/slug", viewDiff, "json", "2..5"},
		"/news/2015/09/26/slug/diff/2..5.svg":     {"/news/2015/09/26/slug", viewDiff, "svg", "2..5"},
		"/news/2015/09/26/西班牙最高法院以":               {"/news/2015/09/26/西班牙最高法院以", viewArticle, "html", ""},
		"/news/2015/09/26/diff/diff/1..2.txt":     {"/news/2015/09/26/diff", viewDiff, "txt", "1..2"},
		"/news/2015/09/26/changes.html":           {"/news/2015/09/26", viewChanges, "html", ""}, // tried as an article's slug before it is given up
		"/changes":                                {"/changes", viewArticle, "html", ""},
		"/news/2015/09/26/slug/blame.json":        {"/news/2015/09/26/slug", viewBlame, "json", ""},
		"/news/2015/09/26/slug/timeline.svg":      {"/news/2015/09/26/slug", viewTimeline, "svg", ""},
		"/news/2015/09/26/slug/edit":              {"/news/2015/09/26/slug", viewEdit, "html", ""},
		"/news/2015/09/26/slug/diff/notapair.txt": {"", "", "", ""},
		"/news/2015/09/26/slug.svg":               {"", "", "", ""},
		"/news/2015/09/26/slug/changes.md":        {"", "", "", ""},
		"/":                                       {"", "", "", ""},
	} {
		got, ok := parsePlace(path)
		if want == (place{}) {
			if ok {
				t.Errorf("%s is read as %+v", path, got)
			}
			continue
		}
		if !ok || got != want {
			t.Errorf("%s: %+v, %t, want %+v", path, got, ok, want)
		}
	}
}

// What a page links to is what is served: an address that was built is read as what
// it was built of.
func FuzzPlace(f *testing.F) {
	f.Add("/news/2015/09/26/slug", "2..5", uint8(0))
	f.Add("/news/2015/09/26/u.s", "1..1", uint8(9))
	f.Fuzz(func(t *testing.T, path, pair string, n uint8) {
		p, ok := parsePlace(path)
		if ok && (p.path == "" || p.view == "" || p.format == "") {
			t.Errorf("%q is read as %+v", path, p)
		}
		views := []view{viewArticle, viewChanges, viewDiff, viewBlame, viewTimeline, viewEdit}
		v := views[int(n)%len(views)]
		format := formats[v][int(n/8)%len(formats[v])]
		st := story{place: place{path: "/news/2020/01/1/a", view: v, format: format}}
		if v == viewDiff {
			st.pair = "1..2"
		}
		if got, ok := parsePlace(st.here(st.path)); !ok || got != st.place {
			t.Errorf("%q is read as %+v, want %+v", st.here(st.path), got, st.place)
		}
	})
}
