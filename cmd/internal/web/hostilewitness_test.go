package web_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// witness is a browser in which every script that is compiled, every dialog and every
// request to elsewhere is seen, whatever the page does to hide it.
type witness struct {
	*browser
	site string // whose own scripts, below /static/, may run

	mu       sync.Mutex
	seen     []string // what ran, or was fetched, that should not
	policies map[string]string
}

func newWitness(t *testing.T, site string, long bool) *witness {
	limit := 10 * time.Minute
	if long {
		limit = time.Hour
	}
	w := &witness{browser: newBrowserFor(t, limit), site: site, policies: map[string]string{}}
	chromedp.ListenTarget(w.ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *debugger.EventScriptParsed:
			// Without an address it is the test's own, or that of a script already seen; the
			// browser's own page stands in a frame that was refused.
			if e.URL != "" && !strings.HasPrefix(e.URL, "chrome-error://chromewebdata/") && !strings.HasPrefix(e.URL, w.site+"/static/") {
				w.seen = append(w.seen, fmt.Sprintf("a script at %s:%d", e.URL, e.StartLine))
			}
		case *page.EventJavascriptDialogOpening:
			w.seen = append(w.seen, "a dialog: "+e.Message)
			go func() { _ = chromedp.Run(w.ctx, page.HandleJavaScriptDialog(true)) }() // an event's handler must not wait
		case *network.EventRequestWillBeSent:
			// A body may show a picture of elsewhere: that is text, not script.
			if !strings.HasPrefix(e.Request.URL, w.site+"/") && !strings.HasPrefix(e.Request.URL, "data:image/") && e.Type != network.ResourceTypeImage {
				w.seen = append(w.seen, fmt.Sprintf("a request for %s (%s)", e.Request.URL, e.Type))
			}
		case *network.EventResponseReceived:
			if strings.HasPrefix(e.Response.URL, w.site+"/") {
				for name, value := range e.Response.Headers {
					if strings.EqualFold(name, "Content-Security-Policy") {
						w.policies[e.Response.URL] = fmt.Sprint(value)
					}
				}
				if _, ok := w.policies[e.Response.URL]; !ok {
					w.policies[e.Response.URL] = ""
				}
			}
		}
	})
	w.do(network.Enable(), page.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := debugger.Enable().Do(ctx)
		return err
	}))
	t.Cleanup(func() { w.forget("Failed to load resource") }) // each 404, and pictures that are nowhere
	return w
}

// forget drops what the browser's log says.
func (w *witness) forget(what string) {
	w.browser.mu.Lock()
	defer w.browser.mu.Unlock()
	w.errors = slices.DeleteFunc(w.errors, func(e string) bool { return strings.Contains(e, what) })
}

// knownElements are those of the pages, and those that a body's Markdown makes.
const knownElements = "html head meta title link script body a header nav main footer p div span form input button label select option optgroup textarea fieldset legend details summary " +
	"h1 h2 h3 h4 h5 h6 ol ul li article section aside figure figcaption time table caption thead tbody tr th td b i em strong del ins small mark kbd bdi q blockquote pre code hr br img sup " +
	"svg g path rect circle line text tspan desc"

// strangers lists what of a page is none of this program's markup: an element, an
// attribute or an address that a text has made.
const strangers = `(() => {
  const known = new Set("` + knownElements + `".split(" "));
  const bad = [];
  for (const e of document.querySelectorAll("*")) {
    const name = e.localName, show = () => e.outerHTML.slice(0, 200);
    if (!known.has(name)) bad.push("element: " + show());
    if (name === "script" && e.getAttribute("type") !== "application/ld+json" && !(e.getAttribute("src") || "").startsWith("/static/")) bad.push("script: " + show());
    if (name === "meta" && e.hasAttribute("http-equiv")) bad.push("meta: " + show());
    if (name === "link" && e.getAttribute("rel") === "stylesheet" && !e.getAttribute("href").startsWith("/static/")) bad.push("link: " + show());
    for (const a of e.attributes) {
      if (/^on|^style$|^srcdoc$|^formaction$|^ping$|^autofocus$|^background$/i.test(a.name)) bad.push("attribute: " + show());
      if (/^(href|src|action|data|poster|xlink:href)$/i.test(a.name) && !["http:", "https:"].includes(new URL(a.value, location.href).protocol)) bad.push("address: " + show());
    }
  }
  return bad.slice(0, 5);
})()`

// visit loads a page and says what came of it that should not. A page that is no HTML
// is looked at for scripts alone.
func (w *witness) visit(what, address string, html bool) {
	w.t.Helper()
	if err := chromedp.Run(w.ctx, chromedp.Navigate(address)); err != nil {
		w.t.Fatalf("%s: %s: %v", what, address, err)
	}
	w.judge(what+" "+address, html)
}

func (w *witness) judge(what string, html bool) {
	w.t.Helper()
	var bad []string
	if html {
		w.do(chromedp.Evaluate(strangers, &bad))
	} else {
		w.do(chromedp.Evaluate(`[]`, &bad)) // what ran before is known when this is answered
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if bad = append(bad, w.seen...); len(bad) > 0 {
		w.t.Errorf("%.300s: %.2000q", what, bad)
	}
	w.seen = nil
}
