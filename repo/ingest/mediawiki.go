package ingest

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// The unknown keys under which a page of a wiki keeps what no field can carry.
const (
	keyFormat     = "format"     // "wikitext", or the content model of another kind of page
	keyWiki       = "mediawiki"  // a wikiOrigin
	keySuppressed = "suppressed" // which of comment, contributor and text the wiki hides
	keySlots      = "slots"      // contents beside the main one
)

// minorEdit ends the note of a revision that its author called minor.
const minorEdit = "(minor edit)"

// nameRemoved is the author of a revision whose contributor is suppressed.
const nameRemoved = "(name removed)"

// maxWikiToken is the most bytes that one tag or text of a dump may take. Wikis
// hold pages to 2 MiB.
const maxWikiToken = 32 << 20

// wikiOrigin says which page of which wiki an article is. Every version of a page
// has the same one, but for Redirect, which only a page's last revision has, and
// Repeat, which counts revisions that repeat the state before them (a move, a
// protection) and would else be no versions.
type wikiOrigin struct {
	Base     string `json:"base,omitempty"`
	DBName   string `json:"dbname,omitempty"`
	Sitename string `json:"sitename,omitempty"`
	NS       int    `json:"ns"`
	Page     int64  `json:"page,omitempty"`
	Redirect string `json:"redirect,omitempty"`
	Repeat   int    `json:"repeat,omitempty"`
}

// MediaWiki reads an XML dump of a wiki with its history, as Special:Export and
// the dump scripts write it (export-0.1 to 0.11), one revision at a time: each is
// a state of an article whose headline is the page's title and whose body is its
// wikitext as it stands, with the key format saying so. Contributor, comment and
// timestamp are author, note and time of publication; a note that ends in "(minor
// edit)" marks a minor one. The id follows from the wiki's address and the page's
// id; of a dump that does not say which wiki it is of, from the stream's name.
//
// A title is the current one for all of a page's history. redirects, as
// [MediaWikiRedirects] finds them, gives a page the titles that lead to it as
// aliases, which its last revision carries, with the page's own address; nil says
// that they are not known, and gives no aliases.
//
// A revision of which the wiki hides something is a state that says so under the
// key suppressed. A revision without a readable time, or without its text, is
// refused alone; a dump that is no XML, is cut off, declares a
// document type, or holds a text of more than 32 MiB, ends there. No entity is ever
// expanded.
func MediaWiki(r io.Reader, name string, redirects map[string][]string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		in := &tokenReader{r: bufio.NewReaderSize(r, 256<<10)}
		d := &wikiDump{in: in, dec: xml.NewDecoder(in), name: name, redirects: redirects, yield: yield}
		err := d.read()
		if err != nil && !errors.Is(err, errEnough) {
			if d.release(nil) == nil {
				yield(Item{}, err)
			}
		}
	}
}

var errEnough = errors.New("no more is wanted")

// tokenReader bounds how much may be read for one token. It hands the decoder
// bytes, so that the decoder adds no buffer of its own.
type tokenReader struct {
	r    *bufio.Reader
	left int
	err  error // of r
}

var errLongToken = errors.New("token too long")

// ReadByte implements [io.ByteReader].
func (t *tokenReader) ReadByte() (byte, error) {
	if t.left--; t.left < 0 {
		return 0, errLongToken
	}
	b, err := t.r.ReadByte()
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return b, err
}

// Read implements [io.Reader], which the decoder asks for but doesn't use.
func (t *tokenReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// wikiDump is a dump that is being read.
type wikiDump struct {
	in        *tokenReader
	dec       *xml.Decoder
	name      string
	redirects map[string][]string
	yield     func(Item, error) bool

	language string
	origin   wikiOrigin // of the page at hand
	title    string
	before   [sha256.Size]byte // what the page's revision before this one says
	revised  bool              // whether there was one
	repeat   int               // how often it was repeated
	redirect string            // where the page leads to
	held     *Item             // the page's last revision so far
	names    map[string]int    // the namespaces by name
}

// read reads the whole dump.
func (d *wikiDump) read() error {
	for {
		t, err := d.token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "mediawiki" {
			return d.refused("<%.40s> stands where <mediawiki> is wanted: this is no wiki's export", start.Name.Local)
		}
		if err := d.begin(start); err != nil {
			return err
		}
		if err := d.children(d.top); err != nil {
			return err
		}
		return d.rest()
	}
}

// rest looks at what follows the root.
func (d *wikiDump) rest() error {
	for {
		d.in.left = maxWikiToken
		t, err := d.dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return d.broken(err)
		}
		if _, ok := t.(xml.StartElement); ok {
			return d.refused("a second root element")
		}
	}
}

// begin looks at the root's attributes.
func (d *wikiDump) begin(start xml.StartElement) error {
	version := attribute(start, "version")
	if minor, ok := strings.CutPrefix(version, "0."); version != "" {
		if n, err := strconv.Atoi(minor); !ok || err != nil || n < 1 || n > 11 {
			return d.refused("export version %.20q is not known: 0.1 to 0.11 are read", version)
		}
	}
	tag := schema.State{Headline: "x", Language: attribute(start, "lang")}
	if tag.Validate() == nil {
		d.language = tag.Language
	}
	return nil
}

func (d *wikiDump) top(start xml.StartElement) error {
	switch start.Name.Local {
	case "siteinfo":
		d.origin = wikiOrigin{}
		return d.children(d.site)
	case "page":
		d.title, d.revised, d.repeat, d.redirect = "", false, 0, ""
		d.origin.NS, d.origin.Page = 0, 0
		if d.origin.siteKey() == "" { // two wikis that do not name themselves are not one
			d.origin.Sitename = StreamName(d.name)
		}
		if err := d.children(d.page); err != nil {
			return err
		}
		return d.release(d.finish)
	}
	return d.skip()
}

func (d *wikiDump) site(start xml.StartElement) (err error) {
	switch start.Name.Local {
	case "sitename":
		d.origin.Sitename, err = d.text(4 << 10)
	case "dbname":
		d.origin.DBName, err = d.text(4 << 10)
	case "base":
		d.origin.Base, err = d.text(4 << 10)
	case "namespaces":
		d.names = map[string]int{}
		err = d.children(d.namespace)
	default:
		err = d.skip()
	}
	return err
}

func (d *wikiDump) namespace(start xml.StartElement) error {
	name, err := d.text(4 << 10)
	if key, bad := strconv.Atoi(attribute(start, "key")); bad == nil && key > 0 && name != "" && len(d.names) < 10_000 {
		d.names[name] = key
	}
	return err
}

func (d *wikiDump) page(start xml.StartElement) error {
	switch start.Name.Local {
	case "title":
		title, err := d.text(schema.MaxHeadline)
		d.title = title
		prefix, _, _ := strings.Cut(title, ":")
		d.origin.NS = d.names[prefix] // dumps before 0.6 do not say it
		return err
	case "ns":
		n, err := d.number()
		d.origin.NS = int(n)
		return err
	case "id":
		n, err := d.number()
		d.origin.Page = n
		return err
	case "redirect":
		d.redirect = attribute(start, "title")
		return d.skip()
	case "revision":
		return d.revision()
	}
	return d.skip()
}

// children calls each for every element inside the one that was opened last. What
// it calls reads that element to its end.
func (d *wikiDump) children(each func(xml.StartElement) error) error {
	for {
		t, err := d.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := each(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// skip reads to the end of the element that was opened last. It counts instead of
// calling itself: elements may be nested without bound.
func (d *wikiDump) skip() error {
	for depth := 1; depth > 0; {
		t, err := d.token()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if depth > schema.MaxDepth {
			return d.refused("elements are nested deeper than %d", schema.MaxDepth)
		}
	}
	return nil
}

// text reads the text of the element that was opened last, to its end. One that is
// longer than limit ends the dump: no wiki writes it.
func (d *wikiDump) text(limit int) (string, error) {
	var b strings.Builder
	for depth, long := 1, false; ; {
		t, err := d.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			if long = long || b.Len()+len(t) > limit; !long {
				b.Write(t)
			}
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		switch {
		case depth > schema.MaxDepth:
			return "", d.refused("elements are nested deeper than %d", schema.MaxDepth)
		case depth == 0 && long:
			return b.String(), d.refused("a text of more than %d bytes where a short one is wanted", limit)
		case depth == 0:
			return b.String(), nil
		}
	}
}

// number reads a number; what is none is 0.
func (d *wikiDump) number() (int64, error) {
	text, err := d.text(64)
	n, bad := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if bad != nil || n < 0 {
		n = 0
	}
	return n, err
}

// token reads the next token. Its bytes are good until the next call.
func (d *wikiDump) token() (xml.Token, error) {
	d.in.left = maxWikiToken
	t, err := d.dec.Token()
	if err != nil {
		return nil, d.broken(err)
	}
	if _, ok := t.(xml.Directive); ok {
		return nil, d.refused("the dump declares a document type or entities: none is read")
	}
	return t, nil
}

// broken says why a dump can't be read further.
func (d *wikiDump) broken(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case d.in.err != nil:
		return fmt.Errorf("reading %s: %w", d.name, d.in.err)
	case errors.Is(err, errLongToken):
		return d.refused("one tag or text takes more than %d MiB", maxWikiToken>>20)
	case errors.Is(err, io.EOF), errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
		p := d.refused("the dump is cut off")
		p.Hint = "what stands before that place was read; fetch the dump again and import it: what is known adds nothing"
		return p
	case syntax != nil:
		p := d.refused("this is no XML: %s", syntax.Msg)
		p.Line = syntax.Line
		return p
	}
	return d.refused("this is no XML: %s", strings.TrimPrefix(err.Error(), "xml: "))
}

// refused makes the problem of the place that was read last.
func (d *wikiDump) refused(format string, args ...any) *schema.Problem {
	line, _ := d.dec.InputPos()
	return &schema.Problem{File: d.name, Line: line, Reason: fmt.Sprintf(format, args...)}
}

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// siteKey names a wiki: by the folder of its pages' addresses, which holds over
// schemes and main pages that change, else by the name of its database or its own.
func (o *wikiOrigin) siteKey() string {
	if folder := o.folder(); folder != "" {
		return schema.AliasKey(folder)
	}
	if o.DBName != "" {
		return o.DBName
	}
	return o.Sitename
}

// folder gives the address below which the wiki's pages stand; "" where it is not
// known. base is the address of the main page.
func (o *wikiOrigin) folder() string {
	if i := strings.LastIndexByte(o.Base, '/'); i > len("https://") && strings.HasPrefix(o.Base, "http") {
		return o.Base[:i+1]
	}
	return ""
}

// address gives where a page of the wiki stands, or its title alone.
func (o *wikiOrigin) address(title string) string {
	folder := o.folder()
	if folder == "" {
		return title
	}
	return folder + titleEscaper.Replace(title)
}

// titleEscaper makes a title part of an address; it is read-only after it is made.
var titleEscaper = strings.NewReplacer(" ", "_", "%", "%25", "?", "%3F", "#", "%23")

// aliases gives the addresses that lead to the page at hand. One that redirects
// gives its own to the page it leads to.
func (d *wikiDump) aliases() []string {
	if d.redirect != "" || d.redirects == nil {
		return nil
	}
	titles := append([]string{d.title}, d.redirects[d.title]...)
	var out []string
	for _, title := range titles[:min(len(titles), schema.MaxItems/10)] {
		if alias := aliasOf(d.origin.address(title)); alias != "" {
			out = append(out, alias)
		}
	}
	return out
}

// extra gives the unknown keys of a state of the page at hand.
func wikiExtra(key string, value any) schema.Extra {
	b, err := json.Marshal(value)
	if err != nil {
		b = []byte("null") // structs and lists of texts always encode
	}
	return schema.Extra{Key: key, Value: string(b)}
}

// wikiOriginOf reads what [MediaWiki] keeps of a page's origin.
func wikiOriginOf(s *schema.State) (o wikiOrigin, ok bool) {
	i := slices.IndexFunc(s.Extra, func(e schema.Extra) bool { return e.Key == keyWiki })
	if i < 0 || json.Unmarshal([]byte(s.Extra[i].Value), &o) != nil {
		return wikiOrigin{}, false
	}
	return o, true
}
