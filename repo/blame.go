package repo

import (
	"context"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// Blame tells which version put each word of a version there first.
type Blame struct {
	Version Version
	Fields  []diff.BlamedField // in the order of schema.Table; none that is empty. Origins are numbers of versions
	Origins []Version          // the versions that are named, in the order of publication
}

// BlameFields are the fields that Blame tells of where none are named: what a reader
// reads.
func BlameFields() []string {
	return []string{"headline", "summary", "byline", "image.caption", "image.credit", "contexts", "sources", "body"}
}

// Blame tells for every word of a version which version of the article put it there
// first, over all versions published until then, in the order of Changes: those that
// came with a link stand among the others, an inserted past counts, and a withdrawal or a
// return to an older state brings nothing new. A field that a version does not tell of
// stays as it was. diff.Blame has the rules for words; in contexts, sources and aliases
// it is whole items that keep their origin (of a source the address, and the name beside
// it), and in a date, an address or a word of the schema's own the whole value.
//
// Fields are named as in schema.Table, "image" for all its parts, "extra" for all keys
// that the schema does not know; none means BlameFields. Versions are read one after the
// other and let go again.
func (s *Store) Blame(ctx context.Context, v Version, fields ...string) (*Blame, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	rows, err := s.idx.Versions(v.Article)
	if err != nil {
		return nil, err
	}
	versions, err := versionsOf(s.idx.Reader, v.Article, rows)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	sortRows(rows)
	last := slices.IndexFunc(rows, func(r index.Row) bool { return r.Number == v.Number })
	if last < 0 {
		return nil, noVersion(rows, v.Seal.Short())
	}
	b := &blaming{wanted: fields, columns: map[string]*blameColumn{}}
	if len(fields) == 0 {
		b.wanted = BlameFields()
	}
	files := newFiles(s.git.Blob, blameFilesKept)
	for i := range rows[:last+1] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := &rows[i]
		state, err := rowState(r, files, s.idx.Version)
		if err != nil {
			return nil, err
		}
		b.add(r.Number, state, r.Known)
	}
	return b.result(versions[last], versions), nil
}

// blameFilesKept bounds what is kept of the files of versions that were read, in bytes:
// each is asked for once.
const blameFilesKept = 1 << 20

// blaming follows the fields of an article through its versions.
type blaming struct {
	wanted  []string
	names   []string // of the columns, in the order in which they are shown
	columns map[string]*blameColumn
}

// blameColumn is one field on its way through the versions.
type blameColumn struct {
	words diff.Blame       // of prose
	first map[string]int   // of the others: an item or its part → the version that had it first
	field diff.BlamedField // the others, as the last version has them
	prose bool
}

// blameOrder gives the fields and their parts in the order of schema.Table; what follows
// a field of several parts is told from it by its point.
func (b *blaming) result(v Version, versions []Version) *Blame {
	out := &Blame{Version: v}
	named := map[int]bool{}
	for _, row := range schema.Table() {
		for _, name := range b.names {
			c := b.columns[name]
			if base, _, _ := strings.Cut(name, "."); base != row.Name {
				continue
			}
			f := c.field
			if c.prose {
				f = diff.BlamedField{Text: c.words.Text(), Runs: c.words.Runs()}
			}
			if f.Name = name; f.Text == "" {
				continue
			}
			out.Fields = append(out.Fields, f)
			for _, r := range f.Runs {
				named[r.Version] = true
			}
		}
	}
	for _, x := range versions {
		if named[x.Number] {
			out.Origins = append(out.Origins, x)
		}
	}
	return out
}

func (b *blaming) column(name string, prose bool) *blameColumn {
	c := b.columns[name]
	if c == nil {
		c = &blameColumn{first: map[string]int{}, prose: prose}
		b.columns[name] = c
		b.names = append(b.names, name)
	}
	return c
}

// wants says whether a field, or a part of one, was asked for.
func (b *blaming) wants(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	return slices.Contains(b.wanted, name) || slices.Contains(b.wanted, base)
}

// add takes the fields of a version that are known.
func (b *blaming) add(number int, s *schema.State, known schema.FieldSet) {
	prose := func(f schema.Field, part, text string) {
		if name := f.String() + part; known.Has(f) && b.wants(name) {
			b.column(name, true).words.Add(number, text)
		}
	}
	whole := func(f schema.Field, part, text string) {
		if name := f.String() + part; known.Has(f) && b.wants(name) {
			b.column(name, false).begin().item(number, text)
		}
	}
	set := func(f schema.Field, items []string) {
		if known.Has(f) && b.wants(f.String()) {
			c := b.column(f.String(), false).begin()
			for _, it := range items {
				c.item(number, it)
				c.write("\n")
			}
		}
	}
	whole(schema.FieldType, "", string(s.Type))
	whole(schema.FieldDate, "", string(s.Date))
	prose(schema.FieldCategory, "", s.Category)
	prose(schema.FieldHeadline, "", s.Headline)
	prose(schema.FieldSummary, "", s.Summary)
	prose(schema.FieldByline, "", s.Byline)
	whole(schema.FieldLanguage, "", s.Language)
	whole(schema.FieldStatus, "", string(s.Status))
	whole(schema.FieldTranslationOf, "", s.TranslationOf.String())
	whole(schema.FieldImage, ".url", s.Image.URL)
	prose(schema.FieldImage, ".caption", s.Image.Caption)
	prose(schema.FieldImage, ".credit", s.Image.Credit)
	set(schema.FieldContexts, s.Contexts)
	if known.Has(schema.FieldSources) && b.wants("sources") {
		b.sources(number, s.Sources)
	}
	set(schema.FieldAliases, s.Aliases)
	whole(schema.FieldPath, "", s.Path)
	b.extra(number, s.Extra, known)
	prose(schema.FieldBody, "", s.Body)
}

// sources takes a version's sources: an address is one wherever it stands, a name
// belongs to its address.
func (b *blaming) sources(number int, sources []schema.Source) {
	c := b.column("sources", false).begin()
	for _, src := range sources {
		switch {
		case src.URL == "":
			c.item(number, src.Name)
		case src.Name == "":
			c.part(number, "<"+src.URL+">", "\n"+src.URL)
		default:
			c.part(number, src.Name, src.Name+"\n"+src.URL)
			c.write(" ")
			c.part(number, "<"+src.URL+">", "\n"+src.URL)
		}
		c.write("\n")
	}
}

// extra takes the keys that the schema does not know; one that went is empty.
func (b *blaming) extra(number int, extra []schema.Extra, known schema.FieldSet) {
	if !known.Has(schema.FieldExtra) {
		return
	}
	for _, c := range b.columns {
		if base, _, _ := strings.Cut(c.field.Name, "."); base == schema.FieldExtra.String() {
			c.begin()
		}
	}
	for _, e := range extra {
		if name := schema.FieldExtra.String() + "." + e.Key; b.wants(name) {
			c := b.column(name, false).begin()
			c.field.Name = name
			c.item(number, e.Value)
		}
	}
}

// begin empties a column for the next version.
func (c *blameColumn) begin() *blameColumn {
	c.field.Text, c.field.Runs = "", nil
	return c
}

func (c *blameColumn) write(text string) { c.field.Text += text }

// item adds a value or an item that is the same wherever it stands.
func (c *blameColumn) item(number int, text string) { c.part(number, text, text) }

// part adds a text with what it is known by.
func (c *blameColumn) part(number int, text, key string) {
	if text == "" {
		return
	}
	origin, ok := c.first[key]
	if !ok {
		origin = number
		c.first[key] = number
	}
	start := len(c.field.Text)
	c.write(text)
	c.field.AddRun(diff.Origin{Start: start, End: len(c.field.Text), Version: origin, Words: 1})
}

// Origin gives the version of a number that an origin names.
func (b *Blame) Origin(number int) Version {
	for _, v := range b.Origins {
		if v.Number == number {
			return v
		}
	}
	return Version{}
}
