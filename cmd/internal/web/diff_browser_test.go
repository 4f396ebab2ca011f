package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// recordMove records an article of many paragraphs, and again with one moved and mended,
// two changed and most as they were.
func (s *site) recordMove() (path string) {
	s.t.Helper()
	var body []string
	for i := range 40 {
		body = append(body, fmt.Sprintf("Paragraph %d tells of what the harbour master of the town number %d saw.", i, i*i+3))
	}
	moved := "The pilot boat left at dawn, long before anybody else in the harbour had heard of the storm."
	old := append([]string{body[0], moved}, body[1:]...)
	now := append(append([]string{}, body[:36]...), "The pilot boat left at dawn, long before anyone else in the harbour had heard of the storm.")
	now = append(now, body[36:]...)
	now[0] = strings.Replace(now[0], "tells", "speaks", 1)
	now[18] = strings.Replace(now[18], "saw", "heard", 1)
	s.record("harbour", "Harbour closes", strings.Join(old, "\n\n")+"\n", time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC))
	s.record("harbour", "Harbour closes early", strings.Join(now, "\n\n")+"\n", time.Date(2020, 5, 1, 9, 0, 0, 0, time.UTC))
	return "/news/2020/05/1/harbour-closes-early"
}

// TestWalkingADiffInABrowser: keys lead from change to change and take the focus along,
// but not out of a field in which somebody types; folds open by key; both ends of a
// move lead to each other.
func TestWalkingADiffInABrowser(t *testing.T) {
	b := newBrowser(t)
	source := axe(t)
	s := newSite(t)
	path := s.recordMove()
	focus := func() string {
		var got string
		b.do(chromedp.Evaluate(`document.activeElement.tagName + " " + document.activeElement.textContent`, &got))
		return got
	}
	press := func(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }
	for _, view := range []string{"", "?view=side"} {
		b.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(s.url+path+"/diff/1..2.html"+view), chromedp.WaitVisible("#walk", chromedp.ByQuery))
		if got := b.text("#walk-place"); !strings.HasSuffix(got, " changes") {
			t.Errorf("before the first key it says %q", got)
		}
		press("n")
		first := focus()
		if !strings.HasPrefix(first, "INS early") || !strings.HasPrefix(b.text("#walk-place"), "Change 1 of ") {
			t.Errorf("%s: the first change is %q, %s", view, first, b.text("#walk-place"))
		}
		press("j")
		if second := focus(); !strings.Contains(second, "tells") {
			t.Errorf("%s: the second change is %q", view, second)
		}
		press("p")
		if back := focus(); back != first {
			t.Errorf("%s: back is %q", view, back)
		}
		press("k")
		if around := focus(); around == first || around == "BODY" {
			t.Errorf("%s: the last change is %q", view, around)
		}
		// Folded paragraphs open by key, all of them by one.
		var open, folds int
		count := chromedp.Evaluate(`document.querySelectorAll("details.fold[open]").length`, &open)
		b.do(chromedp.Evaluate(`document.querySelectorAll("details.fold").length`, &folds), chromedp.Focus("details.fold > summary", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter), count)
		if open != 1 || folds < 2 {
			t.Errorf("%s: %d of %d folds opened by the key Enter", view, open, folds)
		}
		press("u")
		if b.do(count); open != folds {
			t.Errorf("%s: %d of %d folds are open", view, open, folds)
		}
		b.look("diff-unfolded" + strings.TrimPrefix(view, "?view="))
		// Both ends of a move.
		var broken int
		b.do(chromedp.Evaluate(`[...document.querySelectorAll("a.move")].filter(a => !document.getElementById(a.hash.slice(1))).length + (document.querySelectorAll("a.move").length === 2 ? 0 : 100)`, &broken))
		if broken != 0 {
			t.Errorf("%s: the links of the move are broken: %d", view, broken)
		}
		b.accessible(source, "diff "+view)
	}
	// Switched off, they stay off; and in a field they are letters.
	b.do(chromedp.Click("#walk-keys", chromedp.ByQuery), chromedp.Reload(), chromedp.WaitVisible("#walk", chromedp.ByQuery))
	press("n")
	if got := focus(); strings.HasPrefix(got, "INS") || strings.HasPrefix(got, "DEL") {
		t.Errorf("switched off, and yet %q", got)
	}
	var typed string
	b.do(chromedp.Click("#walk-keys", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelector("main").insertAdjacentHTML("afterbegin", '<input id="typed">');0`, nil),
		chromedp.Focus("#typed", chromedp.ByQuery), chromedp.KeyEvent("njpku"), chromedp.Value("#typed", &typed, chromedp.ByQuery))
	if typed != "njpku" {
		t.Errorf("of the letters typed into a field, %q arrived", typed)
	}
}
