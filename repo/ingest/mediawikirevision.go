package ingest

import (
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// wikiRevision is one revision of a page.
type wikiRevision struct {
	ID         int64
	Timestamp  string
	Username   string
	IP         string
	Comment    string
	Model      string
	Text       string
	Minor      bool
	Slots      []wikiSlot
	Suppressed []string // sorted

	line  int    // where it begins
	wrong string // why it is refused; "" where it is not
}

// wikiSlot is a content of a revision beside the main one.
type wikiSlot struct {
	Role   string `json:"role"`
	Model  string `json:"model,omitempty"`
	Format string `json:"format,omitempty"`
	Text   string `json:"text,omitempty"`
}

// revision reads the revision that was opened last and yields it.
func (d *wikiDump) revision() error {
	line, _ := d.dec.InputPos()
	r := wikiRevision{line: line, wrong: "the revision has no text, not even an empty one"}
	err := d.children(func(start xml.StartElement) error { return d.revisionPart(&r, start) })
	if err != nil {
		return err
	}
	item, problem := d.item(&r)
	if problem != nil {
		problem.File, problem.Line = d.name, r.line
		if !d.yield(Item{}, problem) {
			return errEnough
		}
		return nil
	}
	if err := d.release(nil); err != nil {
		return err
	}
	d.held = &item
	return nil
}

// release yields the revision that was held back, after last has finished it where
// it is a page's last one.
func (d *wikiDump) release(last func(*schema.Input)) error {
	if d.held == nil {
		return nil
	}
	item := *d.held
	d.held = nil
	if last != nil {
		last(&item.Input)
	}
	if !d.yield(item, nil) {
		return errEnough
	}
	return nil
}

// finish gives a page's last revision what the dump says of the page as it stands:
// where it leads to, and what leads to it. The other revisions are without, lest
// a later dump that says something else there make all of them new versions.
func (d *wikiDump) finish(in *schema.Input) {
	if aliases := d.aliases(); len(aliases) > 0 {
		in.Aliases = aliases
		in.Carries |= schema.Fields(schema.FieldAliases)
	}
	if d.redirect != "" {
		origin, _ := wikiOriginOf(&in.State)
		origin.Redirect = d.redirect
		in.Extra[len(in.Extra)-1] = wikiExtra(keyWiki, origin)
	}
}

func (d *wikiDump) revisionPart(r *wikiRevision, start xml.StartElement) (err error) {
	deleted := attribute(start, "deleted") != ""
	if part := start.Name.Local; deleted && (part == "text" || part == "comment" || part == "contributor") {
		r.Suppressed = append(r.Suppressed, part)
		if part == "text" {
			r.wrong = ""
		}
		return d.skip()
	}
	switch start.Name.Local {
	case "id":
		r.ID, err = d.number()
	case "timestamp":
		r.Timestamp, err = d.text(256)
	case "contributor":
		err = d.children(func(start xml.StartElement) (err error) {
			switch start.Name.Local {
			case "username":
				r.Username, err = d.text(4 << 10)
			case "ip":
				r.IP, err = d.text(4 << 10)
			default:
				err = d.skip()
			}
			return err
		})
	case "minor":
		r.Minor = true
		err = d.skip()
	case "comment":
		r.Comment, err = d.text(1 << 20)
	case "model":
		r.Model, err = d.text(4 << 10)
	case "text":
		err = d.mainText(r, start)
	case "content":
		err = d.slot(r)
	default:
		err = d.skip()
	}
	return err
}

// mainText reads a revision's text. A dump without texts (a stub) tells their
// length all the same.
func (d *wikiDump) mainText(r *wikiRevision, start xml.StartElement) error {
	text, err := d.text(schema.MaxBody)
	r.Text, r.wrong = text, ""
	if n, bad := strconv.ParseInt(attribute(start, "bytes"), 10, 64); err == nil && text == "" && bad == nil && n > 0 {
		r.wrong = fmt.Sprintf("its text of %d bytes is not in the dump: one with texts is wanted", n)
	}
	return err
}

func (d *wikiDump) slot(r *wikiRevision) error {
	var s wikiSlot
	err := d.children(func(start xml.StartElement) (err error) {
		switch start.Name.Local {
		case "role":
			s.Role, err = d.text(4 << 10)
		case "model":
			s.Model, err = d.text(4 << 10)
		case "format":
			s.Format, err = d.text(4 << 10)
		case "text":
			s.Text, err = d.text(schema.MaxExtra)
		default:
			err = d.skip()
		}
		return err
	})
	r.Slots = append(r.Slots, s)
	if len(r.Slots) > 100 {
		return errors.Join(err, d.refused("a revision of more than 100 contents"))
	}
	return err
}

// item makes an item of a revision of the page at hand.
func (d *wikiDump) item(r *wikiRevision) (Item, *schema.Problem) {
	if r.wrong != "" {
		return Item{}, &schema.Problem{Field: "text", Reason: r.wrong}
	}
	published, err := schema.ParseTime(strings.TrimSpace(r.Timestamp))
	if err != nil {
		return Item{}, &schema.Problem{Field: "timestamp", Reason: err.Error()}
	}
	key := strconv.FormatInt(d.origin.Page, 10)
	if d.origin.Page == 0 {
		key = d.title
	}
	in := schema.Input{
		Key: "mediawiki:" + d.origin.siteKey() + ":" + key, Published: published, Author: r.author(), Note: r.note(),
		Carries: schema.Fields(schema.FieldType, schema.FieldHeadline, schema.FieldLanguage, schema.FieldStatus,
			schema.FieldExtra, schema.FieldBody),
		State: schema.State{Type: schema.Article, Status: schema.Usable, Headline: d.title, Language: d.language,
			Body: r.Text},
	}
	in.ID = schema.DeriveID(in.Key)
	in.Extra = r.extra()
	origin := d.origin
	if d.repeat++; !d.repeats(&in.State) {
		d.repeat = 0
	}
	origin.Repeat = d.repeat
	in.Extra = append(in.Extra, wikiExtra(keyWiki, origin))
	check := in.Clone()
	check.Normalize()
	if problem := check.Validate(); problem != nil {
		return Item{}, problem
	}
	item := newItem(in, nil, schema.FormatWikitext, d.name, r.line)
	item.SHA256 = sumText(r.Text)
	item.Offset = d.dec.InputOffset()
	if r.ID > 0 {
		item.Revision = strconv.FormatInt(r.ID, 10)
		item.Address = d.origin.folder() + permanentLink + item.Revision
	}
	return item, nil
}

// permanentLink is the page of every wiki at which a revision stands for good,
// whatever its page is called by then.
const permanentLink = "Special:PermanentLink/"

// RevisionOf gives the number of the revision that an item's Address names, or "".
func RevisionOf(address string) string {
	i := strings.LastIndex(address, permanentLink)
	if i < 0 {
		return ""
	}
	number := address[i+len(permanentLink):]
	if n, err := strconv.ParseInt(number, 10, 64); err != nil || n <= 0 {
		return ""
	}
	return number
}

// HidesText reports whether a wiki hides the text of the revision that a state was.
func HidesText(s *schema.State) bool { return slices.Contains(suppressedParts(s), "text") }

// repeats reports whether the revision says the same as the one before it, and
// remembers it for the next.
func (d *wikiDump) repeats(s *schema.State) bool {
	same := s.Clone()
	same.Normalize()
	h := sha256.New()
	io.WriteString(h, same.Body)
	for _, e := range same.Extra {
		io.WriteString(h, "\x00"+e.Key+"\x00"+e.Value)
	}
	sum := [sha256.Size]byte(h.Sum(nil))
	again := d.revised && sum == d.before
	d.before, d.revised = sum, true
	return again
}

func sumText(text string) [sha256.Size]byte {
	h := sha256.New()
	io.WriteString(h, text)
	return [sha256.Size]byte(h.Sum(nil))
}

// author names who made a revision. A name that another wiki prefixed ("en>Name")
// is written with a colon, which no name of a wiki holds and git's names may.
func (r *wikiRevision) author() schema.Person {
	switch {
	case slices.Contains(r.Suppressed, "contributor"):
		return schema.Person{Name: nameRemoved}
	case r.Username != "":
		return schema.Person{Name: strings.Replace(strings.TrimPrefix(r.Username, foreignUser), ">", ":", 1)}
	case r.IP != "":
		return schema.Person{Name: r.IP}
	}
	return schema.Person{Name: "unknown"}
}

func (r *wikiRevision) note() string {
	switch comment := strings.TrimSpace(r.Comment); {
	case !r.Minor:
		return comment
	case comment == "":
		return minorEdit
	default:
		return comment + "\n\n" + minorEdit
	}
}

// extra gives what a revision says beside the fields of a state.
func (r *wikiRevision) extra() []schema.Extra {
	format := r.Model
	if format == "" {
		format = "wikitext"
	}
	extra := []schema.Extra{textExtra(keyFormat, format)}
	if len(r.Suppressed) > 0 {
		slices.Sort(r.Suppressed)
		extra = append(extra, wikiExtra(keySuppressed, slices.Compact(r.Suppressed)))
	}
	if len(r.Slots) > 0 {
		extra = append(extra, wikiExtra(keySlots, r.Slots))
	}
	return extra
}
