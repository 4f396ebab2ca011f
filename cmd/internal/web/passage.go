package web

import (
	"net/url"
	"strings"

	"github.com/stemma-project/stemma/repo"
)

// How many words name a passage, and how many before it tell it from others.
const (
	passageWords = 6
	wordsBefore  = 3
)

// passageLink is the end of an address that leads to a passage on a page: a text
// fragment (WICG, "URL Fragment Text Directives"), so that whatever browser knows it
// scrolls there and marks the passage, and others show the page. A phrase may stand
// several times: the words before it tell which.
func passageLink(e repo.Excerpt) string {
	before := ""
	for _, p := range e.Pieces {
		if !p.Found {
			before = p.Text
			continue
		}
		words := strings.Fields(before)
		directive := textDirective(strings.Fields(p.Text))
		// What stands before may be another paragraph's, and a directive must not cross
		// its edge: words behind the end of a sentence alone are sure not to.
		first := len(words)
		for first > max(len(words)-wordsBefore, 0) && !strings.ContainsAny(words[first-1][len(words[first-1])-1:], ".!?:\"") {
			first--
		}
		if words = words[first:]; len(words) > 0 && directive != "" {
			directive = textDirective(words) + "-," + directive
		}
		return fragmentOf(directive)
	}
	return ""
}

// passageAddress leads to a passage of a version; where that is the current one, to the
// article's own address.
func passageAddress(v repo.Version, current bool, e repo.Excerpt) string {
	if current {
		return address(v.Path, viewArticle, "html") + passageLink(e)
	}
	return versionAddress(&v) + passageLink(e)
}

// wordsLink is passageLink for a text that stands somewhere on the page.
func wordsLink(text string) string {
	return fragmentOf(textDirective(strings.Fields(text)))
}

func fragmentOf(directive string) string {
	if directive == "" {
		return ""
	}
	return string("#:~:text=" + directive)
}

// textDirective encodes words for a text directive, in which commas, ampersands and
// hyphens have a meaning.
func textDirective(words []string) string {
	text := strings.Join(words[:min(len(words), passageWords)], " ")
	return strings.NewReplacer("+", "%20", "-", "%2D").Replace(url.QueryEscape(text))
}
