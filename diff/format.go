package diff

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Style is a way to show a diff.
type Style string

// The styles.
const (
	Term     Style = "term"     // for a terminal: colours, or Plain's marks without them
	Plain    Style = "plain"    // wdiff's and git's [-old-]{+new+}
	HTML     Style = "html"     // a fragment with <del> and <ins>
	JSON     Style = "json"     // one object: see [JSONSchema]
	Markdown Style = "markdown" // CriticMarkup: {--old--}{++new++}
	Unified  Style = "unified"  // what patch and git apply read
	SVG      Style = "svg"      // a picture of the passages that changed
)

// Styles gives every style.
func Styles() []Style { return []Style{Term, Plain, HTML, JSON, Markdown, Unified, SVG} }

// ParseStyle reads a style's name.
func ParseStyle(s string) (Style, error) {
	if slices.Contains(Styles(), Style(s)) {
		return Style(s), nil
	}
	return "", fmt.Errorf("%.40q is no way to show a diff: term, plain, html, json, markdown, unified or svg is wanted", s)
}

// Values of ShowOptions.Around beside a number.
const (
	AroundAll     = -1 // show everything
	AroundDefault = -2 // what suits the style: Term folds paragraphs farther than one from a change, SVG all that are unchanged, Unified keeps three lines, the others show everything
)

// ShowOptions says how a diff is shown.
type ShowOptions struct {
	// Around is how many unchanged paragraphs (lines that aren't blank) are kept
	// on either side of a change, or words where the text is one line; AroundAll or
	// AroundDefault. 0 keeps none. Of a set, any number folds the items that stay.
	// JSON shows everything.
	Around int

	Color      bool     // Term: colours in place of marks
	Width      int      // Term: columns at which lines are wrapped; 0 is no wrapping
	SideBySide bool     // HTML: a table with the old text beside the new
	ID         string   // HTML and SVG: begins the ids of elements, where a page holds several diffs; letters, digits and hyphens
	Unfold     bool     // HTML: folded paragraphs and items open where they stand, in <details>
	NoCSS      bool     // HTML: leave the style sheet out, since the page has it: see [CSS]
	Stat       bool     // Term, Plain, JSON: words removed and added per field; the first two show nothing else
	Fields     []string // the fields to show, "image" for all of its parts; none means all
	HideFolds  bool     // Term and Plain: no line that says how much is not shown
	Visible    bool     // bare texts in Plain and Markdown: make control characters visible, for output that goes to a terminal

	Article                string // the article's id, for JSON
	From, To               string // what the sides are called: "ID@1", a file's name
	FromVersion, ToVersion int    // their version numbers, for JSON; 0 where there is none
	Corrections            []Correction
}

// Correction is a notice that explains the diff, or a step on its way. Every style
// but Unified shows it above the fields.
type Correction struct {
	Type, Text string
	From, To   int // the versions that it is bound to; From is 0 where To is the first
}

// span says between which versions a correction stands.
func (c Correction) span() string {
	from := "nothing"
	if c.From > 0 {
		from = strconv.Itoa(c.From)
	}
	return "(" + from + " to " + strconv.Itoa(c.To) + ")"
}

// Write shows the diff of two states.
//
// Control and bidi characters of the content are shown visibly in every style
// (see [schema.Visible]): JSON escapes them, and Unified alone keeps them, since
// its output is for a program. Errors are those of w, or name an option that the
// style lacks.
func Write(w io.Writer, style Style, d Article, opt ShowOptions) error {
	opt.Visible = true
	return show(w, style, document{fields: d.only(opt.Fields), language: d.Language}, opt)
}

// WriteText shows the diff of two bare texts, the merged text alone, without
// headings. The segments are those of [Texts]. Control characters, and bytes that
// are not UTF-8, stand as they are in Plain, Markdown and Unified (in the first
// two unless opt.Visible), and are made visible in Term, HTML and SVG; JSON
// carries a text that is not UTF-8 in base64.
func WriteText(w io.Writer, style Style, oldText, newText string, segs []Segment, opt ShowOptions) error {
	f := Field{Name: "text", Old: oldText, New: newText, Segments: segs}
	if oldText != newText {
		f.Kinds = nature(oldText, newText, segs, english)
	}
	return show(w, style, document{fields: []Field{f}, bare: true}, opt)
}

// document is what a style shows: the fields of an article, or one bare text.
type document struct {
	fields   []Field
	bare     bool
	language string // BCP 47; "" where nobody knows
}

// only keeps the fields with these names; "image" keeps "image.caption". None
// keeps all.
func (d Article) only(names []string) []Field {
	if len(names) == 0 {
		return d.Fields
	}
	var out []Field
	for _, f := range d.Fields {
		for _, n := range names {
			if f.Name == n || strings.HasPrefix(f.Name, n+".") {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// show hands a document to its style.
func show(w io.Writer, style Style, d document, opt ShowOptions) error {
	if opt.Around < AroundDefault {
		return fmt.Errorf("%d is no number of unchanged paragraphs: 0 or more, AroundAll or AroundDefault is wanted", opt.Around)
	}
	if opt.Stat && style != Term && style != Plain && style != JSON {
		return fmt.Errorf("the count of words can't be shown as %s: term, plain or json is wanted", style)
	}
	out := &printer{Writer: bufio.NewWriter(w)}
	switch style {
	case Term:
		out.term(d, opt)
	case Plain:
		out.plain(d, opt)
	case HTML:
		out.html(d, opt)
	case JSON:
		out.json(d, opt)
	case Markdown:
		out.markdown(d, opt)
	case Unified:
		out.unified(d, opt)
	case SVG:
		out.svg(d, opt)
	default:
		_, err := ParseStyle(string(style))
		return err
	}
	if out.err != nil {
		return out.err
	}
	return out.Flush()
}

// printer collects output; the writer's first error is kept and given by Flush.
type printer struct {
	*bufio.Writer
	err error // of an encoder
}

// print writes strings. A failed write shows at Flush.
func (p *printer) print(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}
