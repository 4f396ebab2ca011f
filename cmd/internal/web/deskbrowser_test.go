package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// everyWay looks at the page that is shown narrow and wide, light and dark.
func (b *browser) everyWay(name, source string) {
	b.t.Helper()
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(chromedp.EmulateViewport(width, 800), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			page := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			var over int64
			b.do(chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over))
			if over > 0 {
				b.t.Errorf("%s is %d pixels wider than its window", page, over)
			}
			b.accessible(source, page)
			b.look(page)
		}
	}
}

// forgive takes back an error that a page's own status makes on the console.
func (b *browser) forgive(status string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.errors[:0]
	for _, e := range b.errors {
		if !strings.Contains(e, "the server responded with a status of "+status) {
			kept = append(kept, e)
		}
	}
	b.errors = kept
}

// TestEditingInABrowser is what an editor does: sign in, change a headline and see the
// diff while typing, find that somebody else was first, and record on top of that.
func TestEditingInABrowser(t *testing.T) {
	b := newBrowser(t)
	source := axe(t)
	s := newDesk(t, nil)
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.url+nowPath+"/edit"))
	b.everyWay("login", source)
	b.do(chromedp.SendKeys("#email", "ada@example.org", chromedp.ByQuery), chromedp.SendKeys("#password", secret, chromedp.ByQuery))
	b.click(`form.login button`)
	b.everyWay("edit", source)
	// The diff comes while typing, without a button.
	b.do(chromedp.SendKeys("#headline", kb.End+" on the coast", chromedp.ByQuery), chromedp.WaitVisible("#preview ins", chromedp.ByQuery))
	if got := b.text("#preview"); !strings.Contains(got, "on the coast") {
		t.Errorf("the preview says %q", got)
	}
	b.do(chromedp.SetValue("#summary", "Whatever <script>alert(1)</script> took an hour.", chromedp.ByQuery))
	b.everyWay("edit-preview", source)
	s.record("storm", "Eleven die in storm", "The storm reached the coast at noon.\n\nIt was number 2.\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	// Whoever types on is told; whoever records sees both sides.
	b.do(chromedp.SendKeys("#headline", "s", chromedp.ByQuery), chromedp.WaitVisible("#preview .problem", chromedp.ByQuery))
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click("button.save", chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.WaitVisible(".conflict", chromedp.ByQuery))
	b.forgive("409")
	var headline, summary string
	b.do(chromedp.Value("#headline", &headline, chromedp.ByQuery), chromedp.Value("#summary", &summary, chromedp.ByQuery))
	if headline != "Nine die in storm on the coasts" || !strings.Contains(summary, "took an hour") {
		t.Errorf("typed, and lost: %q %q", headline, summary)
	}
	b.everyWay("conflict", source)
	b.click("button.save")
	if h := b.text("h1"); h != "Nine die in storm on the coasts" {
		t.Errorf("the article is %q", h)
	}
	// An old version has a button that restores it.
	b.do(chromedp.Navigate(s.url + "/news/2020/05/1/nine-die-in-storm-on-the-coasts.html?version=1"))
	b.everyWay("restore", source)
	b.click(`.desk button[name=restore]`)
	if h := b.text("h1"); h != "Two die in storm" {
		t.Errorf("restored is %q", h)
	}
	b.do(chromedp.Navigate(s.url + "/new"))
	b.everyWay("new", source)
	b.click(`.desk .out button`)
	if got := b.text("body"); !strings.Contains(got, "Sign in") {
		t.Errorf("not signed out: %s", got)
	}
}
