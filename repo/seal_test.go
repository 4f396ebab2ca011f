package repo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// goldenState is a state that has something in most fields.
func goldenState() *schema.State {
	s := &schema.State{
		ID: id26("fb91337tpg38bxq27sk9x7c2e4"), Type: schema.Event, Date: "2015-09-26", Category: "Disasters", Headline: "Two dead in Springfield",
		Summary: "Two people died <there> & then.", Status: schema.Usable, Image: schema.Image{URL: "https://example.org/i.jpg", Credit: "Ada"},
		Contexts: []string{"Iran", "Punjab, Pakistan"}, Sources: []schema.Source{{Name: "Agency", URL: "https://example.org/1?a=1&b=2"}, {URL: "https://example.org/2"}},
		Extra: []schema.Extra{{Key: "desk", Value: `"night"`}}, Body: "Two people died.\n\nThe road is closed.\n",
	}
	s.Normalize()
	return s
}

func id26(s string) (id schema.ID) {
	copy(id[:], s)
	return id
}

// goldenSeals were computed once, by another program than this one (Python's
// hashlib, from the description in FORMAT.md). If this test fails, every seal that
// was ever given has lost its meaning: change the code back, or the domain.
var goldenSeals = [...]string{
	"d2f00eb5f90fb773b830c8528ed9f3a3221844048741495efa6c07d8c39e7e18",
	"7752833107778280510f02f1098e34725b5e684c656d0adbbbb7cff749cef9d9",
}

func goldenSealed(t *testing.T) (first, second sealed) {
	t.Helper()
	day, err := schema.ParseTime("2015-09-26")
	if err != nil {
		t.Fatal(err)
	}
	instant, err := schema.ParseTime("2015-09-26T14:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	ada := schema.Person{Name: "Ada Lovelace", Email: "ada@example.org"}
	id := id26("fb91337tpg38bxq27sk9x7c2e4")
	first = sealed{article: id, published: day, author: ada}
	second = sealed{article: id, published: instant, author: ada, salt: salt{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}
	return first, second
}

func TestGoldenSeals(t *testing.T) {
	t.Parallel()
	first, second := goldenSealed(t)
	one := first.seal(goldenState())
	second.previous = one
	two := second.seal(goldenState())
	for i, got := range []Seal{one, two} {
		if got.String() != goldenSeals[i] {
			t.Errorf("seal %d is %s, it was %s", i+1, got, goldenSeals[i])
		}
	}
}

// TestSealByHand computes seals again, straight down from FORMAT.md and without
// the package's own functions, over states with every field changed in turn.
func TestSealByHand(t *testing.T) {
	t.Parallel()
	first, second := goldenSealed(t)
	states := []*schema.State{goldenState(), {Headline: "x"}, {}}
	for _, change := range []func(*schema.State){
		func(s *schema.State) { s.Type = schema.Article }, func(s *schema.State) { s.Date = "" }, func(s *schema.State) { s.Category = "" },
		func(s *schema.State) { s.Headline += "." }, func(s *schema.State) { s.Summary = "" }, func(s *schema.State) { s.Byline = "By Ada" },
		func(s *schema.State) { s.Language = "en" }, func(s *schema.State) { s.Status = schema.Canceled }, func(s *schema.State) { s.TranslationOf = s.ID },
		func(s *schema.State) { s.Image.Caption = "Fire" }, func(s *schema.State) { s.Contexts = s.Contexts[1:] }, func(s *schema.State) { s.Sources = s.Sources[1:] },
		func(s *schema.State) { s.Aliases = []string{"a\nb\u2028", "\"<>"} }, func(s *schema.State) { s.Path = "/news/x" },
		func(s *schema.State) { s.Extra = nil }, func(s *schema.State) { s.Body = "" },
	} {
		s := goldenState()
		change(s)
		states = append(states, s)
	}
	seen := map[Seal]bool{}
	for i, state := range states {
		for _, x := range []sealed{first, second} {
			got := x.seal(state)
			if want := sealByHand(x, state); got != want {
				t.Errorf("state %d: %s, by hand %s", i, got, want)
			}
			if seen[got] {
				t.Errorf("state %d has the seal of another", i)
			}
			seen[got] = true
		}
	}
	// Everything under a seal counts.
	base := second.seal(goldenState())
	for i, change := range []func(*sealed){
		func(x *sealed) { x.previous[31] = 1 }, func(x *sealed) { x.article[0] = 'g' }, func(x *sealed) { x.published.DayOnly = true },
		func(x *sealed) { x.author.Name = "Ada Lovelac"; x.author.Email = "eada@example.org" }, func(x *sealed) { x.salt[0] = 1 },
	} {
		x := second
		change(&x)
		if x.seal(goldenState()) == base {
			t.Errorf("change %d leaves the seal as it was", i)
		}
	}
}

func sealByHand(x sealed, state *schema.State) Seal {
	values := [][2]string{
		{"type", string(state.Type)}, {"date", string(state.Date)}, {"category", state.Category}, {"headline", state.Headline},
		{"summary", state.Summary}, {"byline", state.Byline}, {"language", state.Language}, {"status", string(state.Status)},
		{"translation_of", state.TranslationOf.String()}, {"image", list(state.Image.URL, state.Image.Caption, state.Image.Credit)},
		{"contexts", list(state.Contexts...)}, {"sources", ""}, {"aliases", list(state.Aliases...)}, {"path", state.Path}, {"extra", ""}, {"body", state.Body},
	}
	var flat []string
	for _, s := range state.Sources {
		flat = append(flat, s.Name, s.URL)
	}
	values[11][1] = list(flat...)
	flat = nil
	for _, e := range state.Extra {
		flat = append(flat, e.Key, e.Value)
	}
	values[14][1] = list(flat...)
	var nodes []string
	for _, v := range values {
		mac := hmac.New(sha256.New, x.salt[:])
		mac.Write([]byte(v[0]))
		sum := sha256.Sum256(append(mac.Sum(nil), v[1]...))
		nodes = append(nodes, string(sum[:]))
	}
	for len(nodes) > 1 { // sixteen leaves: no node is ever left over
		sum := sha256.Sum256([]byte("\x01" + nodes[0] + nodes[1]))
		nodes = append(nodes[2:], string(sum[:]))
	}
	counted := func(s string) string {
		return string(binary.BigEndian.AppendUint64(nil, uint64(len(s)))) + s
	}
	return sha256.Sum256([]byte("stemma seal 1\x00" + string(x.previous[:]) + x.article.String() +
		counted(x.published.String()) + counted(x.author.Name) + counted(x.author.Email) + nodes[0]))
}

// list writes strings as FORMAT.md says: compact JSON, few escapes.
func list(items ...string) string {
	out, some := "[", false
	for i, it := range items {
		if i > 0 {
			out += ","
		}
		some = some || it != ""
		out += `"`
		for _, r := range it {
			switch {
			case r == '"' || r == '\\':
				out += `\` + string(r)
			case r == '\n':
				out += `\n`
			case r == '\t':
				out += `\t`
			case r < 0x20 || r == 0x2028 || r == 0x2029:
				out += `\u` + hex.EncodeToString([]byte{byte(r >> 8), byte(r)})
			default:
				out += string(r)
			}
		}
		out += `"`
	}
	if !some {
		return ""
	}
	return out + "]"
}
