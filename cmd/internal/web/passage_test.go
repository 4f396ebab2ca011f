package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestLinksLandOnThePassage: what search, when and blame lead to is scrolled to.
func TestLinksLandOnThePassage(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t)
	filler := strings.Repeat("The harbour lay still, and nobody was about who could tell.\n\n", 60)
	s.record("pier", "Pier breaks", "A wave, they say, took it.\n\n"+filler+"At last the wave, and-all, took the pier & the kiosk.\n", time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC))
	s.record("pier", "Pier breaks", "A wave, they say, took it.\n\n"+filler+"At last the wave, and-all, took the pier & the kiosk whole.\n", time.Date(2020, 5, 1, 9, 0, 0, 0, time.UTC))
	for _, c := range []struct{ page, link string }{
		{`/search?q=%22took+the+pier%22`, `ol.log a.headline`},
		{`/search?when=1&q=took+the+pier+%26+the+kiosk`, `table a[href*="version="]`},
		{`/news/2020/05/1/pier-breaks/blame`, `.stemma-blame section[data-field=body] p:last-of-type a.run`},
	} {
		b.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(s.url+c.page))
		b.click(c.link)
		var top float64
		var at string
		if err := chromedp.Run(b.ctx, chromedp.Poll(`scrollY > 800`, nil, chromedp.WithPollingTimeout(5*time.Second))); err != nil {
			b.do(chromedp.Evaluate(`performance.getEntriesByType("navigation")[0].name + " " + scrollY`, &at))
			t.Errorf("%s leads to %s: %v", c.page, at, err)
		}
		b.do(chromedp.Evaluate(`[...document.querySelectorAll(".body p")].at(-1).getBoundingClientRect().top`, &top))
		if top < 0 || top > 800 {
			t.Errorf("%s leads to a place from which the passage stands at %.0f", c.page, top)
		}
	}
}

// Content can't leave the fragment that names it.
func TestPassageLinksAreEscaped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("odd", "Odd", "Before the \"quoted\" <b>bold</b>, a-b & c#d %20 end.\n", time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC))
	_, page := s.get("/search?q=bold")
	link := regexp.MustCompile(`href="(/news[^"]*#[^"]*)"`).FindStringSubmatch(page)
	if link == nil || !strings.HasPrefix(link[1], "/news/2020/05/1/odd.html#:~:text=%3Cb%3E-,bold") {
		t.Errorf("the link is %q in %s", link, page)
	}
	_, page = s.get("/news/2020/05/1/odd/blame")
	if !strings.Contains(page, `class="run age-`) || !strings.Contains(page, `href="/news/2020/05/1/odd.html?version=1#:~:text=Before%20the%20%22quoted%22%20%3Cb%3Ebold%3C%2Fb%3E%2C%20a%2Db%20%26"`) {
		t.Errorf("blame: %s", page)
	}
}
