package schema

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ParseHTML reads a news page: JSON-LD of a schema.org article first, then Open
// Graph and other meta elements, then <h1> or <title> and the paragraphs of
// <article> or <main> (else of the page), as Markdown. It carries only what it
// finds; an address that is none, or a date that is none, is left out, as pages
// are full of them.
func ParseHTML(data []byte) (Input, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return Input{}, p
	}
	r := &htmlReader{meta: map[string]string{}}
	if p := r.read(s); p != nil {
		return Input{}, p
	}
	in := r.input()
	if p := finish(&in, nil); p != nil {
		if in.Headline == "" {
			p.Hint = "the page has no JSON-LD headline, og:title, <h1> or <title>"
		}
		return Input{}, p
	}
	return in, nil
}

// htmlReader goes over a page's tokens: no tree is built, so nothing is nested
// too deep.
type htmlReader struct {
	meta     map[string]string // by property or name, the first of each
	lang     string
	jsonLD   []string
	title    string
	h1       string
	all      []htmlBlock // blocks of the whole page
	main     []htmlBlock // those inside <article> or <main>
	inMain   int
	skip     int // inside elements that are not the story's
	cur      *htmlBlock
	canon    string
	h1InMain bool
}

// htmlBlock is a paragraph, heading or list item.
type htmlBlock struct {
	mark string // what stands before it in Markdown
	text strings.Builder
}

// skippedElement lists what holds no text of the story.
func skippedElement(a atom.Atom) bool {
	switch a {
	case atom.Nav, atom.Aside, atom.Footer, atom.Form, atom.Noscript, atom.Template, atom.Svg, atom.Figure, atom.Iframe, atom.Button, atom.Select, atom.Dialog, atom.Object, atom.Math:
		return true
	}
	return false
}

// blockMark gives the Markdown mark of an element that holds a block.
func blockMark(a atom.Atom) (mark string, ok bool) {
	switch a {
	case atom.P, atom.Pre:
		return "", true
	case atom.H2:
		return "## ", true
	case atom.H3:
		return "### ", true
	case atom.H4, atom.H5, atom.H6:
		return "#### ", true
	case atom.Li:
		return "- ", true
	case atom.Blockquote:
		return "> ", true
	}
	return "", false
}

func (r *htmlReader) read(s string) *Problem {
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil // the end: the reader itself never fails
		case html.StartTagToken:
			r.start(z)
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			if atom.Lookup(name) == atom.Br && r.cur != nil {
				r.cur.text.WriteByte(' ')
			} else {
				r.startVoid(atom.Lookup(name), attributes(z))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name))
		case html.TextToken:
			if r.cur != nil && r.skip == 0 {
				r.cur.text.Write(z.Text())
			}
		}
	}
}

func attributes(z *html.Tokenizer) map[string]string {
	attrs := map[string]string{}
	for {
		key, val, more := z.TagAttr()
		if len(key) > 0 {
			attrs[string(key)] = string(val)
		}
		if !more {
			return attrs
		}
	}
}

func (r *htmlReader) start(z *html.Tokenizer) {
	name, hasAttr := z.TagName()
	a := atom.Lookup(name)
	attrs := map[string]string{}
	if hasAttr {
		attrs = attributes(z)
	}
	switch {
	case a == atom.Script || a == atom.Style || a == atom.Title || a == atom.Textarea:
		if z.Next() == html.TextToken {
			text := string(z.Raw())
			switch {
			case a == atom.Title && r.title == "" && r.skip == 0:
				r.title = joinBlanks(html.UnescapeString(text))
			case a == atom.Script && strings.EqualFold(attrs["type"], "application/ld+json"):
				r.jsonLD = append(r.jsonLD, text)
			}
		}
	case a == atom.Html:
		r.lang = attrs["lang"]
	case a == atom.Article || a == atom.Main:
		r.inMain++
		r.endBlock()
	case skippedElement(a):
		r.skip++
		r.endBlock()
	case a == atom.Br:
		if r.cur != nil {
			r.cur.text.WriteByte(' ')
		}
	case a == atom.H1:
		r.endBlock()
		r.cur = &htmlBlock{mark: "# "}
	default:
		if mark, ok := blockMark(a); ok && r.skip == 0 {
			if a == atom.P && r.cur != nil && strings.TrimSpace(r.cur.text.String()) == "" && r.cur.mark != "" {
				return // <li><p>: the list item goes on
			}
			r.endBlock()
			r.cur = &htmlBlock{mark: mark}
			return
		}
		r.startVoid(a, attrs)
	}
}

// startVoid reads the elements of the head.
func (r *htmlReader) startVoid(a atom.Atom, attrs map[string]string) {
	switch a {
	case atom.Meta:
		key := strings.ToLower(attrs["property"])
		if key == "" {
			key = strings.ToLower(attrs["name"])
		}
		if _, known := r.meta[key]; !known && key != "" {
			r.meta[key] = joinBlanks(attrs["content"])
		}
	case atom.Link:
		if strings.EqualFold(attrs["rel"], "canonical") && r.canon == "" {
			r.canon = attrs["href"]
		}
	}
}

func (r *htmlReader) end(a atom.Atom) {
	_, isBlock := blockMark(a)
	switch {
	case a == atom.Article || a == atom.Main:
		r.endBlock()
		r.inMain = max(r.inMain-1, 0)
	case skippedElement(a):
		r.skip = max(r.skip-1, 0)
	case a == atom.H1 || isBlock:
		r.endBlock()
	}
}

// endBlock keeps the block that was being read.
func (r *htmlReader) endBlock() {
	block := r.cur
	r.cur = nil
	if block == nil {
		return
	}
	text := joinBlanks(html.UnescapeString(block.text.String()))
	if text == "" {
		return
	}
	if block.mark == "# " {
		if r.h1 == "" || r.inMain > 0 && !r.h1InMain {
			r.h1, r.h1InMain = text, r.inMain > 0
		}
		return
	}
	kept := htmlBlock{mark: block.mark}
	kept.text.WriteString(text)
	r.all = append(r.all, kept)
	if r.inMain > 0 {
		r.main = append(r.main, kept)
	}
}

// joinBlanks makes one line of a text: every run of white space is one blank, and
// NUL, which HTML drops, is gone.
func joinBlanks(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\x00", "")), " ")
}

// input puts together what was found.
func (r *htmlReader) input() Input {
	in := Input{Carries: Fields(FieldHeadline)}
	ld := r.findArticle()
	text := func(key string) string { return joinBlanks(ldText(ld, key)) }
	set := func(f Field, dst *string, values ...string) {
		for _, v := range values {
			if v != "" {
				*dst = v
				in.Carries |= Fields(f)
				return
			}
		}
	}
	set(FieldHeadline, &in.Headline, text("headline"), r.meta["og:title"], r.h1, r.title)
	set(FieldSummary, &in.Summary, text("description"), r.meta["og:description"], r.meta["description"])
	set(FieldCategory, &in.Category, text("articleSection"), r.meta["article:section"])
	set(FieldByline, &in.Byline, text("author"), r.meta["author"])
	set(FieldLanguage, &in.Language, text("inLanguage"), r.lang)
	if !languageTag(in.Language) {
		in.Language = ""
		in.Carries &^= Fields(FieldLanguage)
	}
	for _, v := range []string{text("datePublished"), r.meta["article:published_time"]} {
		if t, ok := pageTime(v); ok {
			in.Date, in.First = t.Day(), t
			in.Carries |= Fields(FieldDate)
			break
		}
	}
	// When what stands here was made public: a page keeps its first date when it is
	// revised, and a day alone says nothing of the time.
	for _, v := range []string{text("dateModified"), r.meta["article:modified_time"]} {
		if t, ok := pageTime(v); ok && !t.Before(in.First) {
			in.Published = t
			break
		}
	}
	if in.Published.DayOnly {
		in.Published = Time{}
	}
	if in.First.DayOnly {
		in.First = Time{}
	}
	set(FieldImage, &in.Image.URL, webAddress(text("image")), webAddress(r.meta["og:image"]))
	in.ImageURLOnly = true
	for _, k := range ldTexts(ld, "keywords") {
		in.Contexts = append(in.Contexts, joinBlanks(k))
	}
	if len(in.Contexts) > 0 {
		in.Carries |= Fields(FieldContexts)
	}
	for _, u := range ldTexts(ld, "citation") {
		if webAddress(u) != "" {
			in.Sources = append(in.Sources, Source{URL: u})
			in.SourceURLsOnly = true
		}
	}
	if len(in.Sources) == 0 && webAddress(r.address(ld)) != "" {
		in.Sources = []Source{{Name: r.meta["og:site_name"], URL: r.address(ld)}}
	}
	if len(in.Sources) > 0 {
		in.Carries |= Fields(FieldSources)
	}
	if in.Body = r.body(&in); in.Body != "" {
		in.Carries |= Fields(FieldBody)
	}
	return in
}

// address gives the page's own address.
func (r *htmlReader) address(ld *jsonValue) string {
	for _, a := range []string{r.canon, r.meta["og:url"], ldText(ld, "url")} {
		if a != "" {
			return a
		}
	}
	return ""
}

// body writes the story's blocks as Markdown, without what other fields say.
func (r *htmlReader) body(in *Input) string {
	blocks := r.main
	if len(blocks) == 0 {
		blocks = r.all
	}
	said := map[string]bool{string(in.Date): true}
	for _, field := range [...]string{in.Headline, in.Summary, in.Category, in.Byline} {
		said[field], said[Visible(field)] = true, true
	}
	var b strings.Builder
	list := false
	for i := range blocks {
		text := blocks[i].text.String()
		if said[text] {
			continue
		}
		item := blocks[i].mark == "- "
		if b.Len() > 0 && !(item && list) {
			b.WriteByte('\n')
		}
		list = item
		b.WriteString(blocks[i].mark + text + "\n")
	}
	return b.String()
}

// pageTime reads a time in the spellings that pages use beside RFC 3339.
func pageTime(s string) (Time, bool) {
	if t, err := ParseTime(s); err == nil {
		return t, true
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() > 0 {
			return At(t), true
		}
	}
	return Time{}, false
}

// webAddress gives s where it is an http or https address, else "".
func webAddress(s string) string {
	if badURL(s) != "" {
		return ""
	}
	if _, err := url.Parse(s); err != nil {
		return ""
	}
	return s
}

// findArticle finds the article in the page's JSON-LD, also within lists and
// @graph; nil where there is none. Broken JSON-LD is passed over: pages hold much
// of it, and say the same elsewhere.
func (r *htmlReader) findArticle() *jsonValue {
	for _, text := range r.jsonLD {
		v, err := parseJSONTree(strings.TrimSpace(text))
		if err != nil {
			continue
		}
		if found := ldArticle(&v); found != nil {
			return found
		}
	}
	return &jsonValue{}
}

func ldArticle(v *jsonValue) *jsonValue {
	if v.kind == jsonArray {
		for i := range v.vals {
			if found := ldArticle(&v.vals[i]); found != nil {
				return found
			}
		}
		return nil
	}
	if slices.ContainsFunc(ldTexts(v, "@type"), func(t string) bool {
		return strings.HasSuffix(t, "Article") || t == "BlogPosting" || t == "LiveBlogPosting" || t == "Report"
	}) {
		return v
	}
	if graph, ok := v.get("@graph"); ok && graph.kind == jsonArray {
		return ldArticle(graph)
	}
	return nil
}

// ldTexts gives the texts of a key: one, several, or the names of things.
func ldTexts(v *jsonValue, key string) []string {
	val, ok := v.get(key)
	if !ok {
		return nil
	}
	items := []jsonValue{*val}
	if val.kind == jsonArray {
		items = val.vals
	}
	var out []string
	for i := range items {
		switch it := &items[i]; it.kind {
		case jsonString, jsonNumber:
			out = append(out, it.text)
		case jsonObject:
			for _, name := range [...]string{"name", "url", "@id"} {
				if t, ok := it.get(name); ok && t.kind == jsonString {
					out = append(out, t.text)
					break
				}
			}
		}
	}
	return out
}

// ldText gives the first text of a key; of authors all.
func ldText(v *jsonValue, key string) string {
	texts := ldTexts(v, key)
	if key == "author" {
		return strings.Join(texts, ", ")
	}
	if len(texts) == 0 {
		return ""
	}
	return html.UnescapeString(texts[0])
}
