package web_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// ownPayloads are for the places where this program puts texts: markdown, JSON-LD,
// titles, form fields, addresses, SVG.
var ownPayloads = []string{
	`<script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `</textarea><img src=x onerror=alert(1)>`,
	`</style><script>alert(1)</script>`, `</svg><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><img src=x onerror=alert(1)>`,
	`" autofocus onfocus=alert(1) x="`, `' autofocus onfocus=alert(1) x='`, "` autofocus onfocus=alert(1) x=`", `-->"><script>alert(1)</script>`, `]]><script>alert(1)</script>`,
	`<!--><img src=x onerror=alert(1)>`, `<![CDATA[<script>alert(1)</script>]]>`, `<?xml-stylesheet href="javascript:alert(1)"?>`, `<svg onload=alert(1)>`,
	`[a](javascript:alert(1))`, `[a](<javascript:alert(1)>)`, `[a](JaVaScRiPt:alert(1))`, "[a](java\tscript:alert(1))", `[a](&#x6a;avascript:alert(1))`, `[a](data:text/html,<script>alert(1)</script>)`,
	`[a](vbscript:alert(1))`, `![a](javascript:alert(1))`, `![a](x"onerror="alert(1))`, `![a"onerror="alert(1)](x)`, `[a](x "t"onmouseover="alert(1)")`, `<javascript:alert(1)>`,
	"[a]\n\n[a]: javascript:alert(1)", "```\"><script>alert(1)</script>\nx\n```", "`<script>alert(1)</script>`", "| a |\n| - |\n| <img src=x onerror=alert(1)> |",
	`javascript:alert(1)`, `javascript://example.org/%0aalert(1)`, `data:text/html,<script>alert(1)</script>`, `https://example.org/"onmouseover="alert(1)`,
	`https://example.org/'-alert(1)-'`, `https://example.org/</script><script>alert(1)</script>`, `//example.org/<svg onload=alert(1)>`,
	`{{alert(1)}}`, `{{.Viewer.Form}}`, `${alert(1)}`, `\u003cscript\u003ealert(1)\u003c/script\u003e`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#x3c;img src=x onerror=alert(1)&#x3e;`,
	`+ADw-script+AD4-alert(1)+ADw-/script+AD4-`, `%3Cscript%3Ealert(1)%3C/script%3E`, "\u2028alert(1)\u2029", "\"};alert(1);//", `</script><!--<script>`, `＜script＞alert(1)＜/script＞`,
	`<form><input name=action><input name=attributes><input name=elements></form>`, `<a id=preview><a id=preview name=textContent>`, `<base href=//example.org/>`,
	`<meta http-equiv=refresh content="0;url=javascript:alert(1)">`, `<link rel=stylesheet href=//example.org/a.css>`, `<iframe srcdoc="<script>alert(1)</script>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	"<scr\u0130pt>alert(1)</scr\u0130pt>", "<img src=x\u00a0onerror=alert(1)>", "<a href=\"\u0001javascript:alert(1)\">a</a>", "\u202e<script>alert(1)</script>",
}

// payloads are those that the project carries or, where STEMMA_PAYLOADS names a
// folder, all in it: one a line of its *.txt, and "payload" of the objects in its
// *.json.
func payloads(t *testing.T) (list []string, long bool) {
	t.Helper()
	folder := os.Getenv("STEMMA_PAYLOADS")
	long = folder != ""
	if !long {
		folder = "testdata"
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	list = slices.Clone(ownPayloads)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(name) {
		case ".txt":
			list = append(list, strings.Split(strings.ToValidUTF8(string(b), "\ufffd"), "\n")...)
		case ".json":
			var cases []struct{ Payload string }
			if err := json.Unmarshal(b, &cases); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, c := range cases {
				list = append(list, c.Payload)
			}
		}
	}
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(p string) bool {
		empty := strings.TrimSpace(p) == "" || seen[p]
		seen[p] = true
		return empty
	})
	if len(list) < 150 {
		t.Fatalf("%d payloads in %s", len(list), folder)
	}
	return list, long
}

// group is how many payloads one article takes, a version for each.
const group = 33

// recordPayloads makes an article that says one payload after the other in each of its
// fields, and all of them in its bodies.
func (s *site) recordPayloads(n int, list []string) (id schema.ID) {
	s.t.Helper()
	id = schema.DeriveID(fmt.Sprint("payloads ", n))
	drafts := make([]repo.Draft, 0, len(list)+1)
	for i, p := range list {
		line := strings.Join(strings.Fields(p), " ")
		other := strings.Join(strings.Fields(list[(i+1)%len(list)]), " ")
		st := schema.State{ID: id, Headline: line, Summary: line, Byline: line, Category: line, Date: "2020-05-03", Contexts: []string{line, "Common " + fmt.Sprint(n)},
			Image: schema.Image{Caption: line, Credit: line}, Extra: []schema.Extra{{Key: "x-" + fmt.Sprint(i), Value: jsonText(s.t, line)}}}
		// Each as a block of its own, inside a line, as a title and as an address.
		st.Body = fmt.Sprintf("%s\n\nThen %s and more.\n\n**%s**\n\n[%s](%s)\n\n> %s\n\nIt was version %d. %s\n", p, line, line, line, line, line, i, strings.Repeat("A sentence that stays. ", 3))
		for _, address := range []string{line, "https://example.org/" + line, "https://example.org/?" + url.QueryEscape(line)} {
			if alone := (schema.State{Headline: "x", Sources: []schema.Source{{URL: address}}}); alone.Validate() == nil {
				st.Sources = append(st.Sources, schema.Source{Name: line, URL: address})
				st.Image.URL = address
			}
		}
		for _, alias := range []string{line, "/news/2020/05/3/" + line, "https://example.net/" + line} {
			if alone := (schema.State{Headline: "x", Aliases: []string{alias}}); alone.Validate() == nil {
				st.Aliases = append(st.Aliases, alias)
			}
		}
		if alone := (schema.State{Headline: "x", Extra: []schema.Extra{{Key: line, Value: jsonText(s.t, line)}}}); alone.Validate() == nil {
			st.Extra = append(st.Extra, schema.Extra{Key: line, Value: jsonText(s.t, line)})
		}
		d := repo.Draft{Input: schema.Input{State: st, Carries: schema.AllFields}, Author: schema.Person{Name: line, Email: other}, Note: p,
			Published: schema.At(time.Date(2020, 5, 3, 1, i, n%60, 0, time.UTC))}
		if i%2 == 1 {
			d.Correction = repo.Corrects
		}
		drafts = append(drafts, d)
	}
	results, err := s.store.Record(s.t.Context(), drafts, repo.RecordOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil {
			s.t.Fatalf("%q: %v", list[i], r.Err)
		}
	}
	versions := s.versions(id.String())
	for i, p := range list { // each as the text of a correction too, and who made it
		from, to := versions[max(0, min(i, len(versions)-1)-1)], versions[len(versions)-1]
		if i%2 == 0 { // that of the others is what their version was recorded with
			if _, err := s.store.Correct(s.t.Context(), from, to, repo.Clarifies, p, repo.Actor{Author: schema.Person{Name: p}}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	return id
}

func jsonText(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPayloadsInABrowser puts payloads of script into everything that an article, its
// history and a query can say, and opens every kind of page: no script runs, nothing is
// fetched from elsewhere, no element is one that a text made. The browser is told to
// ignore the Content-Security-Policy, so that escaping alone has to hold; that each
// answer bears a strict one is seen beside it, and that it would hold alone in
// [TestPolicyInABrowser].
func TestPayloadsInABrowser(t *testing.T) {
	list, long := payloads(t)
	for part := range slices.Chunk(list, browserful) {
		t.Run("", func(t *testing.T) {
			if long {
				t.Parallel() // each part in a browser of its own
			}
			payloadsInABrowser(t, part, long)
		})
	}
}

// browserful is how many payloads one browser, and one store, are given.
const browserful = 400

func payloadsInABrowser(t *testing.T, list []string, long bool) {
	s := newSite(t, func(o *web.Options) {
		o.Users = accounts.In(o.Store.Dir())
		o.Limits = web.Limits{SignIns: -1, Writes: -1, Searches: -1, Previews: -1}
		if err := o.Users.Add(accounts.User{Name: `"onmouseover="alert(1)" '-alert(1)-' {{alert(1)}}`, Email: "ada@example.org", Role: accounts.Editor}, secret); err != nil {
			t.Fatal(err)
		}
	})
	w := newWitness(t, s.url, long)
	w.do(page.SetBypassCSP(true))
	var articles []schema.ID
	for part := range slices.Chunk(list, group) {
		articles = append(articles, s.recordPayloads(len(articles), part))
	}
	for _, id := range articles {
		s.lookEverywhere(w, id)
	}
	for _, path := range []string{"/", "/news/2020/05/3/", "/news/2020/05/3/?at=2020-05-03T12:00:00Z"} {
		w.visit("a list", s.url+path, true)
	}
	for _, path := range []string{"/feed.atom", "/feed.json", "/news/2020/05/3/feed.atom", "/api/v1/articles", "/api/v1/log"} {
		w.visit("a list", s.url+path, false)
	}
	asked := 0
	for part := range slices.Chunk(list, 16) { // a query is escaped as a whole, wherever it stands
		s.ask(w, strings.Join(part, " "))
		asked++
	}
	for _, p := range list {
		s.askAlone(p)
	}
	s.editPayloads(w, list, articles)
	s.feedsInAReader(w, articles)
	for address, policy := range w.policies {
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s has the policy %q", address, policy)
		}
	}
	if len(w.policies) < 25*len(articles)+8*asked {
		t.Errorf("%d pages were looked at, of %d articles and %d payloads", len(w.policies), len(articles), len(list))
	}
	t.Logf("%d payloads, %d pages", len(list), len(w.policies))
}

// lookEverywhere opens all that there is of an article.
func (s *site) lookEverywhere(w *witness, id schema.ID) {
	versions := s.versions(id.String())
	last := len(versions)
	at := s.url + (&url.URL{Path: versions[last-1].Path}).EscapedPath()
	for _, view := range []string{".html", ".html?version=1", fmt.Sprintf(".html?version=%d", last/2), ".html?at=2020-05-03T01:03:30Z", "/changes", "/changes?quiet=1", "/diff", fmt.Sprintf("/diff/1..%d.html", last),
		fmt.Sprintf("/diff/1..%d.html?view=side&around=all", last), "/blame", "/blame?version=1", "/timeline"} {
		w.visit(versions[last-1].Headline, at+view, true)
	}
	for _, view := range []string{".json", ".xml", "/changes.json", "/changes.atom", fmt.Sprintf("/diff/1..%d.svg", last), fmt.Sprintf("/diff/1..%d.txt", last), "/blame.json", "/timeline.svg"} {
		w.visit(versions[last-1].Headline, at+view, false)
	}
}

// ask sends a text as whatever a query or an address takes: what is not found or not
// understood comes back in the answer.
func (s *site) ask(w *witness, p string) {
	q := url.QueryEscape(p)
	for _, path := range []string{"/search?q=" + q, "/search?when=1&q=" + q, "/search?article=" + q + "&q=x", "/" + url.PathEscape(strings.ReplaceAll(p, "/", " ")), "/login?next=/" + q,
		nowPath + ".html?at=" + q, nowPath + ".html?version=" + q, nowPath + "/diff?since=" + q, nowPath + "/changes?kind=" + q + "&author=" + q} {
		w.visit(p, s.url+path, true)
	}
	w.visit(p, s.url+"/feed.atom?q="+url.QueryEscape("storm "+strings.ReplaceAll(p, `"`, " ")), false)
}

// editPayloads types payloads into the form of an edit: the preview that a script shows,
// the one without, what is refused, and a conflict.
func (s *site) editPayloads(w *witness, list []string, articles []schema.ID) {
	s.t.Helper()
	w.do(chromedp.Navigate(s.url+"/login?next=/new"), chromedp.SendKeys("#email", "ada@example.org", chromedp.ByQuery), chromedp.SendKeys("#password", secret, chromedp.ByQuery))
	w.click("form.login button")
	w.judge("a new article", true)
	fill := `(p => { for (const e of document.getElementById("edit").elements)
		if (e.type === "textarea" || e.type === "text") { if (!["date", "language", "translation_of", "image_url"].includes(e.name)) e.value = p; } })(%s)`
	for i, id := range articles {
		versions := s.versions(id.String())
		at := s.url + (&url.URL{Path: versions[len(versions)-1].Path}).EscapedPath()
		part := list[i*group : min(len(list), (i+1)*group)]
		w.visit("an edit", at+"/edit", true)
		w.visit("a restore", at+".html?version=1", true)
		w.do(chromedp.Navigate(at + "/edit"))
		for _, p := range part[:min(2, len(part))] {
			// As it is typed: the answer goes into the page.
			w.do(chromedp.Evaluate(fmt.Sprintf(fill, jsonText(s.t, p)), nil),
				chromedp.Evaluate(`new Promise(done => { const p = document.getElementById("preview"); new MutationObserver(done).observe(p, {childList: true}); document.getElementById("headline").dispatchEvent(new Event("input", {bubbles: true})) }).then(() => 0)`, nil, awaited))
			w.judge("a preview of "+p, true)
		}
		for _, c := range []struct{ what, set, button string }{
			{"a preview", "", "preview"},
			{"a refusal", `document.getElementById("date").value = "no day <img src=x onerror=alert(1)>"`, "save"},
			{"a conflict", `document.getElementById("date").value = "2020-05-03"; document.querySelector("[name=base]").value = ` + jsonText(s.t, versions[0].Seal.String()), "save"},
		} {
			w.do(chromedp.Evaluate(fmt.Sprintf(fill, jsonText(s.t, strings.Join(part, " ")))+";"+c.set+";0", nil))
			if _, err := chromedp.RunResponse(w.ctx, chromedp.Evaluate(`document.getElementById("edit").requestSubmit(document.querySelector("button[value=`+c.button+`]"))`, nil)); err != nil {
				s.t.Fatalf("%s: %v", c.what, err)
			}
			w.judge(c.what+" of "+part[0], true)
		}
		if got := w.text("#conflict"); got != "Somebody was first" {
			s.t.Errorf("no conflict: %q", got)
		}
	}
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// feedsInAReader shows what the entries of feeds say as a reader of feeds does that
// trusts them: as HTML in a page of its own, without any policy.
func (s *site) feedsInAReader(w *witness, articles []schema.ID) {
	s.t.Helper()
	var html string
	reader := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/entry" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, "<!doctype html><html><head><title>A reader</title></head><body>%s</body></html>", html)
	}))
	defer reader.Close()
	w.mu.Lock()
	ours := w.site
	w.site = reader.URL
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.site = ours
		maps.DeleteFunc(w.policies, func(address, _ string) bool { return strings.HasPrefix(address, reader.URL) })
	}()
	for _, id := range articles {
		versions := s.versions(id.String())
		_, body := s.get((&url.URL{Path: versions[len(versions)-1].Path}).EscapedPath() + "/changes.atom")
		var feed struct {
			Entries []struct {
				Content string `xml:"content"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(body), &feed); err != nil || len(feed.Entries) != len(versions) {
			s.t.Errorf("%d entries, %v", len(feed.Entries), err)
		}
		html = ""
		for _, e := range feed.Entries {
			html += e.Content
		}
		w.visit("a feed's entries", reader.URL+"/entry", true)
	}
}

// TestPolicyInABrowser is what holds where escaping ever fails: the site's own policy,
// on a page into which payloads are put as they are. Without the policy scripts do run,
// which shows that the witness sees them.
func TestPolicyInABrowser(t *testing.T) {
	list, long := payloads(t)
	s := newSite(t)
	answer, _ := s.get("/")
	policy := answer.Header.Get("Content-Security-Policy")
	raw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if _, err := fmt.Sscanf(r.URL.Path, "/raw/%d", &n); err != nil || n >= len(list) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.RawQuery == "strict" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		fmt.Fprintf(w, "<!doctype html><html><head><title>Raw</title></head><body>%s</body></html>", list[n])
	}))
	defer raw.Close()
	w := newWitness(t, raw.URL, long)
	ran, looked := 0, 0
	for i := range list {
		queries := []string{"strict", "loose"}
		switch {
		case i >= 80 && long:
			queries = queries[:1]
		case i >= 80 || i%2 == 1 && !long:
			continue
		}
		looked++
		for _, query := range queries {
			if err := chromedp.Run(w.ctx, chromedp.Navigate(fmt.Sprintf("%s/raw/%d?%s", raw.URL, i, query)), chromedp.Evaluate(`0`, nil)); err != nil {
				t.Fatalf("%q: %v", list[i], err)
			}
			w.mu.Lock()
			scripts := slices.DeleteFunc(w.seen, func(what string) bool { return strings.HasPrefix(what, "a request") })
			w.seen = nil
			w.mu.Unlock()
			if len(scripts) > 0 && query == "strict" {
				t.Errorf("under the policy %q, %q: %q", policy, list[i], scripts)
			}
			if len(scripts) > 0 {
				ran++
			}
		}
	}
	if ran < 4 {
		t.Errorf("%d pages without a policy ran script: the witness sees too little", ran)
	}
	t.Logf("%d payloads under the policy; %d of the first pages without it ran script", looked, ran)
	w.forget("")
}
