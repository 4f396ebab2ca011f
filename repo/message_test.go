package repo

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// hardNotes are notes that look like something else.
var hardNotes = []string{
	"", "Checked.", "Two\n\nparagraphs", "Stemma-Article: 0123456789abcdefghjkmnpqrs", "x\n\nStemma-Article: 0123456789abcdefghjkmnpqrs",
	"x\n\nStemma-Seal: " + strings.Repeat("a", 64) + "\nStemma-Reassert: " + strings.Repeat("b", 64),
	"Stemma-Article: 0123456789abcdefghjkmnpqrs\n\n\n\n", " indented", "\n\n\nlate", "trailing  \nblanks\t", "line\r\nends\rhere",
	"Signed-off-by: Ada <a@example.org>", "# not a comment", "NUL \x00 and \xff bytes", "Create: a headline", "\u2028 and \u202e", "---\n---",
}

func TestMessageRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	seal := func() (s Seal) {
		if r.IntN(2) == 0 {
			for i := range s {
				s[i] = byte(r.Uint32())
			}
		}
		return s
	}
	for range 3000 {
		published, err := schema.ParseTime(pick("2015-09-26", "2018-02-06T13:49:27Z", "1923-10-29"))
		if err != nil {
			t.Fatal(err)
		}
		m := message{
			op: pick(opCreate, opRevise, opRestore, opWithdraw, opInsert, opSplit), article: schema.NewID(), published: published,
			headline: pick("Two dead", "A: B", "  blanks  ", "line\nbreak", strings.Repeat("é", 300), "\x1b[31mred", "\u200b"),
			note:     cleanNote(pick(hardNotes...)), match: pick("", "source 0.83"), source: pick("", "sha256=00 reader=page/1"),
			known: schema.AllFields, from: seal(), to: seal(), reassert: seal(), correction: CorrectionType(pick("", "correction")),
		}
		if r.IntN(2) == 0 {
			m.sealed, m.seal, m.salt = true, seal(), newSalt()
		}
		if r.IntN(3) == 0 {
			m.link, m.split = schema.NewID(), schema.NewID()
			m.contexts = []string{"Iran", "Punjab, Pakistan", "a\nb", `"`, "\u2028"}
			m.known = knownEarlier
		}
		text := git.CleanMessage(m.String())
		got, err := parseMessage(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		subject, _, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(subject, m.op+": ") || len(subject) > subjectLimit+40 {
			t.Errorf("subject %q", subject)
		}
		m.headline, got.headline = "", ""
		if !reflect.DeepEqual(got, m) {
			t.Fatalf("read back\n%+v\nwant\n%+v\nfrom\n%s", got, m, text)
		}
	}
}

// TestHardNotes records notes that look like trailers: they stay notes, in the
// index and after a rebuild.
func TestHardNotes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := record(t, s, draft("2015-09-26", "Two dead"), Created).Version.Article
	for i, note := range hardNotes {
		d := draft("2015-09-26", []string{"Seven dead", "Two dead"}[i%2])
		d.Article, d.Note = id.String(), note
		d.Author = schema.Person{Name: "Ada " + note, Email: "<" + note + ">"}
		v := record(t, s, d, Recorded).Version
		if v.Note != cleanNote(note) {
			t.Errorf("%q came back as %q", note, v.Note)
		}
	}
	sameRebuilt(t, s)
	sound(t, s)
}

func FuzzParseMessage(f *testing.F) {
	f.Add("By hand\n")
	f.Add("Create: x\n\nStemma-Article: 0123456789abcdefghjkmnpqrs\nStemma-Published: 2015-09-26\n")
	f.Add("Contexts: x\n\nStemma-Article: 0123456789abcdefghjkmnpqrs\nStemma-Contexts: [\"a\"]\n")
	for _, note := range hardNotes {
		m := message{op: opRevise, headline: "x", article: schema.DeriveID("x"), note: note, sealed: true, known: knownEarlier, contexts: []string{note}}
		f.Add(m.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMessage(text)
		if err != nil && m.op != opPlain {
			t.Fatalf("what can't be read is taken for %s", m.op)
		}
		if m.op == opPlain || m.article.IsZero() {
			return
		}
		// What was read once is written and read again as the same.
		m.note = cleanNote(m.note)
		again, err := parseMessage(git.CleanMessage(m.String()))
		if strings.ContainsAny(m.op, "\n:") || strings.Contains(m.match+m.source+string(m.correction), "\n") || strings.TrimSpace(m.op) == "" {
			return // no message of this program's
		}
		if err != nil || again.article != m.article || again.seal != m.seal || again.note != m.note {
			t.Fatalf("%+v\n%+v\n%v", m, again, err)
		}
	})
}
