package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// askAlone is ask for one payload by itself, which may be found, or refused, where many
// together are too long. What the page holds is seen here, without a browser.
func (s *site) askAlone(p string) {
	s.t.Helper()
	q := url.QueryEscape(p)
	for _, path := range []string{"/search?q=" + q, "/search?when=1&q=" + q, "/search?q=" + url.QueryEscape(`"`+strings.ReplaceAll(p, `"`, " ")+`"`), nowPath + "/" + url.PathEscape(p), "/feed.atom?author=" + q} {
		answer, body := s.get(path, "Accept", "text/html")
		if policy := answer.Header.Get("Content-Security-Policy"); answer.StatusCode >= 500 || !strings.HasPrefix(policy, "default-src 'none'; ") {
			s.t.Errorf("%s: %d under %q", path, answer.StatusCode, policy)
		}
		if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			for _, bad := range markupOfTexts(body) {
				s.t.Errorf("%q as %s: %s", p, path, bad)
			}
		}
	}
}

// markupOfTexts lists what of a page is none of this program's markup, as strangers
// does in a browser.
func markupOfTexts(page string) (bad []string) {
	known := strings.Fields(knownElements)
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return bad
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if !slices.Contains(known, token.Data) {
				bad = append(bad, token.String())
			}
			own := token.Data != "script"
			for _, a := range token.Attr {
				name, value := a.Key, strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(name, "on") || slices.Contains([]string{"style", "srcdoc", "formaction", "ping", "autofocus", "background", "http-equiv"}, name) ||
					slices.Contains([]string{"href", "src", "action", "data", "poster", "xlink:href"}, name) && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "vbscript:")) {
					bad = append(bad, token.String())
				}
				own = own || name == "src" && strings.HasPrefix(value, "/static/") || name == "type" && value == "application/ld+json"
			}
			if !own {
				bad = append(bad, token.String())
			}
		}
	}
}

// TestPayloadsInMarkup is what TestPayloadsInABrowser sees, where there is no browser: of
// the pages on which a text makes the most, nothing is markup that a text made.
func TestPayloadsInMarkup(t *testing.T) {
	t.Parallel()
	list, _ := payloads(t)
	s := newSite(t)
	pages := 0
	for part := range slices.Chunk(list[:min(len(list), 4*group)], group) {
		versions := s.versions(s.recordPayloads(pages, part).String())
		last := len(versions)
		path := (&url.URL{Path: versions[last-1].Path}).EscapedPath()
		for _, view := range []string{".html", ".html?version=2", ".html?at=2020-05-03T01:03:30Z", "/changes", fmt.Sprintf("/diff/1..%d.html", last), "/diff/2..3.html?view=side", "/blame", "/timeline"} {
			answer, body := s.get(path+view, "Accept", "text/html")
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", path+view, answer.StatusCode)
			}
			for _, bad := range markupOfTexts(body) {
				t.Errorf("%s: %s", path+view, bad)
			}
			pages++
		}
	}
	// What sees nothing would find nothing.
	for _, raw := range []string{"<script>alert(1)</script>", "<b onclick=x>", "<a href=' javascript:x'>", "<iframe>", "<p style='x'>", "<meta http-equiv=refresh>", "<script src=//x></script>", "<svg/onload=x>", "<IMG SRC=x OnError=x>"} {
		if len(markupOfTexts("<p>"+raw)) == 0 {
			t.Errorf("%s is not seen", raw)
		}
	}
}
