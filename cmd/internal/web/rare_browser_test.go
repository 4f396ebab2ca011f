package web_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// recordRare fills a site with what articles seldom are: one of words that are wider than
// a telephone, one of very many versions, one that was withdrawn, one of which a page's
// list told, one of a single version.
func (s *site) recordRare() {
	s.t.Helper()
	long := strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 3)
	address := "https://example.org/" + strings.Repeat("a-very-long-path", 20)
	var drafts []repo.Draft
	add := func(key string, minute int, change func(*schema.State)) {
		state := schema.State{ID: schema.DeriveID(key), Headline: "Rare", Date: "2020-05-03"}
		change(&state)
		drafts = append(drafts, repo.Draft{Input: schema.Input{State: state, Carries: schema.AllFields}, Author: schema.Person{Name: "Ed", Email: "ed@example.org"},
			Published: schema.At(time.Date(2020, 5, 3, 8, minute, 0, 0, time.UTC))})
	}
	for i := range 2 {
		add("wide", i, func(st *schema.State) {
			st.Headline, st.Category, st.Byline = "Wide "+long, long, long
			st.Summary, st.Body = long, fmt.Sprintf("%s %d %s\n\n`%s`\n", long, i, address, long)
			st.Contexts, st.Sources = []string{long}, []schema.Source{{Name: long, URL: address}}
		})
	}
	for i := range 230 {
		add("long", i, func(st *schema.State) {
			st.Headline, st.Body = "Long", strings.Repeat("word ", i+1)+"\n"
		})
	}
	for _, status := range []schema.Status{schema.Usable, schema.Canceled} {
		add("gone", len(status), func(st *schema.State) { st.Headline, st.Status, st.Body = "Gone", status, "It was wrong.\n" })
	}
	add("once", 0, func(st *schema.State) { st.Headline, st.Body = "Once", "It stayed as it was.\n" })
	results, err := s.store.Record(s.t.Context(), drafts, repo.RecordOptions{})
	for i := 0; err == nil && i < len(results); i++ {
		err = results[i].Err
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestRarePagesInABrowser looks at the pages that readers seldom see, and then need most.
// No page may be wider than its window, not even of words that are.
func TestRarePagesInABrowser(t *testing.T) {
	b := newBrowserFor(t, 8*time.Minute)
	s := newDesk(t, nil)
	s.recordRare()
	harbour := s.recordMove()
	source := axe(t)
	wide := schema.DefaultPath("2020-05-03", "Wide "+strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 3))
	for _, c := range []struct{ name, path, status string }{
		{"missing", "/nothing/here", "404"}, {"missing-version", nowPath + ".html?version=99", "404"}, {"unreadable", nowPath + ".html?at=never", "400"},
		{"search-empty", "/search", ""}, {"search-none", "/search?q=xyzzy", ""}, {"search-wrong", "/search?q=%22open", "400"}, {"day-empty", "/news/1999/01/1/", ""},
		{"wide", wide + ".html", ""}, {"wide-changes", wide + "/changes", ""}, {"wide-diff", wide + "/diff/1..2.html", ""}, {"wide-side", wide + "/diff/1..2.html?view=side", ""},
		{"wide-blame", wide + "/blame", ""}, {"wide-timeline", wide + "/timeline", ""},
		{"long", "/news/2020/05/3/long.html", ""}, {"long-changes", "/news/2020/05/3/long/changes?order=newest", ""}, {"long-timeline", "/news/2020/05/3/long/timeline", ""},
		{"long-blame", "/news/2020/05/3/long/blame", ""},
		{"withdrawn", "/news/2020/05/3/gone.html", ""}, {"withdrawn-diff", "/news/2020/05/3/gone/diff", ""},
		{"once-changes", "/news/2020/05/3/once/changes", ""}, {"once-timeline", "/news/2020/05/3/once/timeline", ""},
		{"moves", harbour + "/diff/1..2.html", ""}, {"moves-side", harbour + "/diff/1..2.html?view=side", ""}, {"turned", nowPath + "/diff/3..1.html", ""}, {"same", nowPath + "/diff/2..2.html", ""},
	} {
		b.do(chromedp.Navigate(s.url + c.path))
		if c.status != "" {
			b.forgive(c.status)
		}
		b.narrowAndWide(c.name, source)
	}
}

// narrowAndWide looks at the page that is shown as two readers have it: narrow and light,
// wide and dark.
func (b *browser) narrowAndWide(name, source string) {
	b.t.Helper()
	for _, look := range []struct {
		width  int64
		scheme string
	}{{360, "light"}, {1280, "dark"}} {
		b.do(chromedp.EmulateViewport(look.width, 800), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}))
		page := fmt.Sprintf("%s-%d-%s", name, look.width, look.scheme)
		var over int64
		b.do(chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over))
		if over > 0 {
			b.t.Errorf("%s is %d pixels wider than its window", page, over)
		}
		b.accessible(source, page)
		b.look(page)
	}
}

// TestRefusedInABrowser looks at what those are told who may not, or not yet.
func TestRefusedInABrowser(t *testing.T) {
	b := newBrowser(t)
	source := axe(t)
	empty := emptySite(t)
	b.do(chromedp.Navigate(empty.url + "/"))
	b.narrowAndWide("empty", source)
	s := newDesk(t, func(o *web.Options) {
		o.Closed = true
		o.Limits = web.Limits{SignIns: 2}
	})
	b.do(chromedp.Navigate(s.url + "/"))
	b.forgive("401")
	b.narrowAndWide("closed", source)
	try := func(email, password string) {
		b.t.Helper()
		b.do(chromedp.Navigate(s.url+"/login"), chromedp.SendKeys("#email", email, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
		if _, err := chromedp.RunResponse(b.ctx, chromedp.Click("form.login button", chromedp.ByQuery)); err != nil {
			b.t.Fatal(err)
		}
	}
	try("bo@example.org", "a wrong password")
	b.forgive("422")
	if got := b.text("[role=alert]"); got == "" {
		t.Error("a wrong password is passed over in silence")
	}
	b.narrowAndWide("login-wrong", source)
	try("bo@example.org", secret)
	b.do(chromedp.Navigate(s.url + nowPath + "/edit"))
	b.forgive("403")
	if got := b.text("h1"); got != "Not allowed" {
		t.Errorf("a reader who would edit is told %q", got)
	}
	b.narrowAndWide("forbidden", source)
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(".desk .out button", chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	b.forgive("401")
	try("bo@example.org", "a wrong password")
	b.forgive("429")
	if got := b.text("h1"); got != "Too many requests" {
		t.Errorf("who tries too often is told %q", got)
	}
	b.narrowAndWide("too-many", source)
}

// TestPaper: printed, a diff is black on white without buttons, and goes on where a page
// ends. The letters of Arabic stay apart where one word came for another, on the screen too.
func TestPaper(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t)
	s.recordAll()
	b.do(chromedp.EmulateViewport(800, 800), chromedp.Navigate(s.url+nowPath+"/diff/1..3.html"), emulation.SetEmulatedMedia().WithMedia("print"))
	var shown []string
	b.do(chromedp.Evaluate(`[...document.querySelectorAll("nav, button, #walk")].filter(e => e.checkVisibility()).map(e => e.outerHTML)`, &shown))
	if len(shown) > 0 {
		t.Errorf("on paper stand %q", shown)
	}
	b.look("paper-diff")
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().Do(ctx)
		if err == nil {
			err = os.WriteFile(screenshots+"/paper-diff.pdf", pdf, 0o666)
		}
		return err
	}))
	// A deleted word is as wide beside the one that came for it as with a blank between.
	b.do(emulation.SetEmulatedMedia().WithMedia(""), chromedp.Navigate(s.url+schema.DefaultPath("2020-05-02", "مقتل سبعة أشخاص في عاصفة")+"/diff/1..2.html"))
	var beside, apart float64
	const width = `document.querySelector(".stemma-diff del").getBoundingClientRect().width`
	b.do(chromedp.Evaluate(width, &beside), chromedp.Evaluate(`document.querySelector(".stemma-diff del").after(" ")`, nil), chromedp.Evaluate(width, &apart))
	if beside == 0 || beside != apart {
		t.Errorf("the word that went is %v wide, and %v apart from the one that came: its letters are joined to it", beside, apart)
	}
}
