package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// browser is a chromium that a test drives. What its pages' scripts throw and what
// stands on their consoles as an error fails the test.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string
}

// newBrowser starts a chromium. Where there is none the test is skipped, and fails
// where STEMMA_BROWSER=required says that there must be one.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	return newBrowserFor(t, 3*time.Minute)
}

// newBrowserFor starts a chromium that a test may need for some time.
func newBrowserFor(t *testing.T, limit time.Duration) *browser {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		if os.Getenv("STEMMA_BROWSER") == "required" {
			t.Fatal("no chromium on the PATH")
		}
		t.Skip("SKIPPED, NOT PASSED: no chromium on the PATH, so that no page was looked at in a browser")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", true),
		// What a page wants from elsewhere fails at once, and is seen all the same.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		stop() // kills it
		chromedp.FromContext(ctx).Allocator.Wait()
		leave()
	})
	limited, cancel := context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: limited}
	b.listen(limited)
	b.do(runtime.Enable(), log.Enable())
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, e := range b.errors {
			t.Error(e)
		}
	})
	return b
}

func (b *browser) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		var text string
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text = "a script threw: " + e.ExceptionDetails.Error()
		case *runtime.EventConsoleAPICalled:
			if e.Type != runtime.APITypeError && e.Type != runtime.APITypeAssert {
				return
			}
			text = fmt.Sprint("the console says: ", e.Args)
		case *log.EventEntryAdded:
			if e.Entry.Level != log.LevelError {
				return
			}
			text = "the log says: " + e.Entry.Text + " " + e.Entry.URL
		default:
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errors = append(b.errors, text)
	})
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// text gives the text of what a selector finds first.
func (b *browser) text(selector string) (text string) {
	b.t.Helper()
	b.do(chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// click follows a link or presses a button, and waits for the page that comes.
func (b *browser) click(selector string) {
	b.t.Helper()
	answer, err := chromedp.RunResponse(b.ctx, chromedp.Click(selector, chromedp.ByQuery))
	if err != nil {
		b.t.Fatalf("clicking %s: %v", selector, err)
	}
	if answer != nil && answer.Status >= 400 {
		b.t.Fatalf("clicking %s: %d", selector, answer.Status)
	}
}

// screenshots is where the pages are kept to be looked at; it is not tracked.
const screenshots = "screenshots"

// look keeps a picture of the page, the whole of it.
func (b *browser) look(name string) {
	b.t.Helper()
	var picture []byte
	b.do(chromedp.FullScreenshot(&picture, 100))
	if err := os.MkdirAll(screenshots, 0o777); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots, name+".png"), picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
}

// axe gives the source of axe-core, which STEMMA_AXE names; "" where it isn't there.
func axe(t *testing.T) string {
	t.Helper()
	name := os.Getenv("STEMMA_AXE")
	if name == "" {
		if os.Getenv("STEMMA_BROWSER") == "required" {
			t.Fatal("STEMMA_AXE names no axe.min.js")
		}
		t.Log("NOT CHECKED: STEMMA_AXE names no axe.min.js, so that accessibility was not looked at")
		return ""
	}
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// accessible runs axe-core on the page.
func (b *browser) accessible(source, page string) {
	b.t.Helper()
	if source == "" {
		return
	}
	var found string
	b.do(chromedp.Evaluate(source+";0", nil), chromedp.Evaluate(`axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary)])))`, &found,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var violations []any
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		b.t.Errorf("%s: %v", page, v)
	}
}

// recordAll fills a site with articles in scripts that run both ways.
func (s *site) recordAll() {
	for i, v := range []struct{ key, language, headline, body string }{
		{"ar", "ar", "مقتل شخصين في عاصفة", "ضربت العاصفة الساحل يوم الجمعة. قال مسؤولون إن 2 قتلا.\n\n**انقطعت** الكهرباء عن المدينة.\n"},
		{"ar", "ar", "مقتل سبعة أشخاص في عاصفة", "ضربت العاصفة الساحل يوم السبت. قال مسؤولون إن 7 قتلوا.\n\n**انقطعت** الكهرباء عن المدينة.\n"},
		{"fa", "fa", "توفان دو نفر را کشت", "توفان روز جمعه به ساحل رسید.\n"},
		{"fa", "fa", "توفان هفت نفر را کشت", "توفان روز شنبه به ساحل رسید.\n"},
		{"zh", "zh", "风暴造成两人死亡", "风暴星期五到达海岸。\n\n官员说有两人死亡。\n"},
		{"zh", "zh", "风暴造成七人死亡", "风暴星期六到达海岸。\n\n官员说有七人死亡。\n"},
	} {
		in := schema.Input{State: schema.State{ID: schema.DeriveID(v.key), Headline: v.headline, Body: v.body, Language: v.language, Date: "2020-05-02",
			Summary: v.headline, Contexts: []string{"Storm"}, Sources: []schema.Source{{Name: "Agency", URL: "https://example.org/" + v.key}}}, Carries: schema.AllFields}
		results, err := s.store.Record(s.t.Context(), []repo.Draft{{Input: in, Published: schema.At(time.Date(2020, 5, 2, 8+i, 0, 0, 0, time.UTC))}}, repo.RecordOptions{})
		if err == nil {
			err = results[0].Err
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestReadingInABrowser is what a reviewer does: read a story, open Changes, compare
// the first and the third version, show all of it, step to the next change.
func TestReadingInABrowser(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t)
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.url+"/"))
	b.click(`ol.log a.headline`)
	if h := b.text("h1"); h != "Nine die in storm" {
		t.Errorf("the story is %q", h)
	}
	b.click(`nav.tabs a[href$="/changes"]`)
	b.do(chromedp.Click(`input[name=from][value="1"]`, chromedp.ByQuery), chromedp.Click(`input[name=to][value="3"]`, chromedp.ByQuery))
	b.click(`table + button`)
	if got := b.text(".stemma-diff"); !strings.Contains(got, "TwoNine") && !strings.Contains(got, "Two") {
		t.Errorf("the diff says %q", got)
	}
	var at string
	b.do(chromedp.Location(&at))
	if !strings.HasSuffix(at, "/diff/1..3.html") {
		t.Errorf("it stands at %s", at)
	}
	b.click(`.looks a[href*="around=all"]`)
	b.click(`.looks a[href*="view=side"]`)
	if n := len(b.text(".stemma-diff table")); n == 0 {
		t.Error("side by side is no table")
	}
	b.look("diff-side")
	// A phrase that only an old version holds is found, with the time that it stood.
	b.do(chromedp.Navigate(s.url+"/"), chromedp.SendKeys(`form[role=search] input`, `"two die"`, chromedp.ByQuery))
	b.click(`form[role=search] button`)
	if got := b.text("ol.log"); !strings.Contains(got, "Two die in storm") || !strings.Contains(got, "until") {
		t.Errorf("the search says %q", got)
	}
}

// TestPagesInABrowser looks at every kind of page, narrow and wide, light and dark, in
// scripts that run both ways. No page may be wider than its window.
func TestPagesInABrowser(t *testing.T) {
	b := newBrowser(t)
	s := newSite(t)
	s.recordAll()
	source := axe(t)
	arabic := schema.DefaultPath("2020-05-02", "مقتل سبعة أشخاص في عاصفة")
	persian := schema.DefaultPath("2020-05-02", "توفان هفت نفر را کشت")
	han := schema.DefaultPath("2020-05-02", "风暴造成七人死亡")
	for name, path := range map[string]string{
		"front": "/", "day": "/news/2020/05/2/", "article": nowPath + ".html", "article-old": nowPath + ".html?version=1", "changes": nowPath + "/changes",
		"diff": nowPath + "/diff/1..3.html", "diff-wide": nowPath + "/diff/1..3.html?view=side&around=all", "timeline": nowPath + "/timeline", "blame": nowPath + "/blame", "search": "/search?q=seven", "when": "/search?when=1&q=two+die", "arabic-blame": arabic + "/blame",
		"arabic": arabic + ".html", "arabic-diff": arabic + "/diff/1..2.html", "arabic-side": arabic + "/diff/1..2.html?view=side", "arabic-changes": arabic + "/changes",
		"persian": persian + "/diff/1..2.html", "han": han + ".html", "han-diff": han + "/diff/1..2.html",
	} {
		for _, width := range []int64{360, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				b.do(chromedp.EmulateViewport(width, 800),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.Navigate(s.url+path))
				page := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				var over int64
				b.do(chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over))
				if over > 0 {
					t.Errorf("%s is %d pixels wider than its window", page, over)
				}
				if (width < 1000) == (scheme == "light") {
					b.accessible(source, page)
				}
				b.look(page)
			}
		}
	}
}
