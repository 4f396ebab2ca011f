package diff

import (
	"cmp"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// Article is what differs between two states of an article, field by field.
type Article struct {
	Fields   []Field // the fields that differ, in the order of schema.Table
	Language string  // of the newer state, BCP 47; "" where it has none
	Kinds    []Kind  // the kinds of change over all fields, in the order of [AllKinds]; none for a first version
}

// Field is what differs in one field.
type Field struct {
	Name     string // as in schema.Table; an unknown key under its own name; "image.caption" and the like for parts
	Kinds    []Kind
	Old, New string    // the field's text on both sides; for sets one item a line, in an order of their own
	Segments []Segment // the word diff of Old and New; for sets whole items, and the word diff of a changed one
	Set      bool      // the field is a set: Removed, Added and Changed hold its items
	Removed  []string
	Added    []string
	Changed  []ItemChange // a source that kept its address or its name
}

// ItemChange is an item of a set that stayed, but reads differently.
type ItemChange struct {
	Old, New string
}

// States compares two normalized states. A nil old state is the state before the
// first version: every field that new holds is added, and there are no kinds,
// since nothing changed. A nil new state holds nothing.
//
// The order of a set's items counts nowhere: states that differ only there give
// the same diff. Words are compared in prose (headline, summary, byline, body,
// category, captions); a date, an address or a word of the schema's own is
// replaced as a whole.
func States(old, new *schema.State, opt Options) Article {
	first := old == nil
	if old == nil {
		old = &schema.State{}
	}
	if new == nil {
		new = &schema.State{}
	}
	c := comparison{opt: opt, lang: languageOf(old, new)}
	for _, row := range schema.Table() {
		c.field(row.Field, old, new)
	}
	d := Article{Fields: c.fields, Language: cmp.Or(new.Language, old.Language)}
	for i := range d.Fields {
		if first {
			d.Fields[i].Kinds = nil
		}
		d.Kinds = mergeKinds(d.Kinds, d.Fields[i].Kinds)
	}
	return d
}

// comparison collects the fields that differ.
type comparison struct {
	opt    Options
	lang   language
	fields []Field
}

// field compares one row of schema.Table.
func (c *comparison) field(f schema.Field, old, new *schema.State) {
	switch f {
	case schema.FieldType:
		c.whole(f.String(), KindType, string(old.Type), string(new.Type))
	case schema.FieldDate:
		c.whole(f.String(), KindDate, string(old.Date), string(new.Date))
	case schema.FieldCategory:
		c.words(f.String(), KindCategory, old.Category, new.Category)
	case schema.FieldHeadline:
		c.prose(f.String(), KindHeadline, old.Headline, new.Headline)
	case schema.FieldSummary:
		c.prose(f.String(), KindSummary, old.Summary, new.Summary)
	case schema.FieldByline:
		c.words(f.String(), KindByline, old.Byline, new.Byline)
	case schema.FieldLanguage:
		c.whole(f.String(), KindLanguage, old.Language, new.Language)
	case schema.FieldStatus:
		c.whole(f.String(), KindStatus, string(old.Status), string(new.Status))
	case schema.FieldTranslationOf:
		c.whole(f.String(), KindTranslation, old.TranslationOf.String(), new.TranslationOf.String())
	case schema.FieldImage:
		c.whole("image.url", KindImage, old.Image.URL, new.Image.URL)
		c.words("image.caption", KindImage, old.Image.Caption, new.Image.Caption)
		c.words("image.credit", KindImage, old.Image.Credit, new.Image.Credit)
	case schema.FieldContexts:
		if !slices.Equal(old.Contexts, new.Contexts) {
			c.set(f.String(), KindContexts, pairItems(plainItems(old.Contexts), plainItems(new.Contexts)))
		}
	case schema.FieldSources:
		if !slices.Equal(old.Sources, new.Sources) {
			c.set(f.String(), KindSources, pairItems(sourceItems(old.Sources), sourceItems(new.Sources)))
		}
	case schema.FieldAliases:
		if !slices.Equal(old.Aliases, new.Aliases) {
			c.set(f.String(), KindAliases, pairItems(plainItems(old.Aliases), plainItems(new.Aliases)))
		}
	case schema.FieldPath:
		c.path(old, new)
	case schema.FieldExtra:
		c.extra(old.Extra, new.Extra)
	case schema.FieldBody:
		c.prose(f.String(), KindBody, old.Body, new.Body)
	}
}

// prose compares a field whose kinds also tell the nature of the change.
func (c *comparison) prose(name string, kind Kind, old, new string) {
	if old == new {
		return
	}
	segs := Texts(old, new, c.opt)
	kinds := append([]Kind{kind}, nature(old, new, segs, c.lang)...)
	c.fields = append(c.fields, Field{Name: name, Kinds: kinds, Old: old, New: new, Segments: segs})
}

// words compares a field word by word.
func (c *comparison) words(name string, kind Kind, old, new string) {
	if old != new {
		c.fields = append(c.fields, Field{Name: name, Kinds: []Kind{kind}, Old: old, New: new, Segments: Texts(old, new, c.opt)})
	}
}

// whole compares a field whose parts mean nothing alone.
func (c *comparison) whole(name string, kind Kind, old, new string) {
	if old != new {
		c.fields = append(c.fields, Field{Name: name, Kinds: []Kind{kind}, Old: old, New: new, Segments: appendReplace(nil, old, new, 0, 0)})
	}
}

// path compares the addresses that sources gave. A path that moved along with the
// headline or the date is shown and is no kind of its own: every page's does.
// Where only one side was given its address, the other's is the one that follows
// from date and headline.
func (c *comparison) path(old, new *schema.State) {
	if old.Path == new.Path {
		return
	}
	n := len(c.fields)
	c.whole(schema.FieldPath.String(), KindAliases, address(old), address(new))
	if len(c.fields) > n && (old.Headline != new.Headline || old.Date != new.Date) {
		c.fields[n].Kinds = []Kind{}
	}
}

// address gives where a state's page stands; a state without a headline has none.
func address(s *schema.State) string {
	if s.Headline == "" {
		return s.Path
	}
	return s.EffectivePath()
}

// extra compares the keys that schema does not know, in the order of their names.
func (c *comparison) extra(old, new []schema.Extra) {
	for len(old) > 0 || len(new) > 0 {
		switch {
		case len(new) == 0 || len(old) > 0 && old[0].Key < new[0].Key:
			c.words(old[0].Key, KindOther, old[0].Value, "")
			old = old[1:]
		case len(old) == 0 || new[0].Key < old[0].Key:
			c.words(new[0].Key, KindOther, "", new[0].Value)
			new = new[1:]
		default:
			c.words(new[0].Key, KindOther, old[0].Value, new[0].Value)
			old, new = old[1:], new[1:]
		}
	}
}

// appendReplace replaces old by new as a whole, at byte a of one text and b of
// the other.
func appendReplace(segs []Segment, old, new string, a, b int) []Segment {
	if old == new {
		if old != "" {
			segs = appendEqual(segs, a, b, len(old))
		}
		return segs
	}
	if old != "" {
		segs = append(segs, Segment{Op: Delete, A0: a, A1: a + len(old), B0: b, B1: b})
	}
	if new != "" {
		segs = append(segs, Segment{Op: Insert, A0: a + len(old), A1: a + len(old), B0: b, B1: b + len(new)})
	}
	return segs
}

// appendEqual adds n equal bytes, to the Equal segment before them where there is one.
func appendEqual(segs []Segment, a, b, n int) []Segment {
	if k := len(segs) - 1; k >= 0 && segs[k].Op == Equal {
		segs[k].A1, segs[k].B1 = a+n, b+n
		return segs
	}
	return append(segs, Segment{Op: Equal, A0: a, A1: a + n, B0: b, B1: b + n})
}
