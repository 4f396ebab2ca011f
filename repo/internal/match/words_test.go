package match

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"Iraq's army":                     "army iraq",
		"L’Iran et l'Irak":                "et irak iran",
		"U.S. Navy, U.K. and U.S":         "and navy uk us",
		"Twenty-four dead, 1,400 hurt":    "1400 24 dead hurt",
		"A Mw 5.6 quake; two hundred":     "200 5.6 a mw quake",
		"the first, the 100th":            "100th 1st the",
		"Oléron, Phình Hồ, Đức":           "duc ho olero phinh",
		"地震が起きた":                          "きた が起 地震 起き 震が",
		"ไทย":                             "ทย ไท",
		"हिन्दी":                          "हिन्द", // marks are letters here; the stem is five of them
		"killed killing killers":          "kille killi",
		"\xff\xfe bad \x80bytes":          "bad bytes",
		"beats 6–4, 3-1":                  "1 3 4 6 beats",
		"US$2,200 for 2.5 million people": "2200 2.5 for milli peopl us",
	} {
		want := strings.Fields(want)
		slices.Sort(want)
		if got := Words(text); !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"The army of Niger. Troops march on Agadez: Fear rules": "agadez niger",
		"iPhone sales fall":                 "",
		"The EU and Apple":                  "apple eu",
		"Iraq Says That Iran Is Helping It": "helping iran iraq says that", // capitals say nothing here
		"地震 in Kumamoto":                    "kumamoto",
	} {
		var got []string
		for _, w := range read(text).words {
			if w.name {
				got = append(got, w.full)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q has the names %q, want %q", text, got, want)
		}
	}
}

func TestAcronyms(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"The EU blacklists Russia", "The European Union blacklists Russia", true},
		{"A ship of the U.A.E. sinks", "A ship of the United Arab Emirates sinks", true},
		{"A ship of the UAE and the UK", "A ship of the United Arab Emirates and the United Kingdom", true},
		{"Bank of England warns the US", "Bank of England warns the United States", true},
		{"The UN meets", "The United States meets", false},
		{"The US meets", "The United and others, States too, meets", false},
	} {
		l := compare(read(c.a), read(c.b))
		if (l.dice == 1 && l.order == 1 && !l.names) != c.same {
			t.Errorf("%q, %q: %+v", c.a, c.b, l)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("Two die in Kabul", "2 people are killed in Kabul")
	f.Add("The EU blacklists Russia", "The European Union blacklists Russia")
	f.Add("U.S. and UAE", "United Arab Emirates and United States of America")
	f.Add("地震 in 日本", "日本で地震")
	f.Add("Twenty- one hundred thousand million billion", "1,,000.5.,")
	f.Add("\xff'\xfes l’", "É.É.É ẞ")
	f.Fuzz(func(t *testing.T, x, y string) {
		a, b := read(x), read(y)
		for _, w := range a.words {
			if w.stem == "" || w.weight <= 0 || w.weight > 1 || !utf8.ValidString(w.stem) {
				t.Fatalf("%q holds the word %+v", x, w)
			}
		}
		l, m := compare(a, b), compare(b, a)
		if math.Abs(l.score()-m.score()) > 1e-9 || l.names != m.names || l.figures != m.figures || l.swapped != m.swapped {
			t.Fatalf("%q, %q: %+v one way, %+v the other", x, y, l, m)
		}
		for _, share := range []float64{l.dice, l.order, l.kept, l.score()} {
			if !(share >= 0 && share <= 1+1e-9) {
				t.Fatalf("%q, %q: a share of %v", x, y, share)
			}
		}
		if l.order > l.dice+1e-9 && len(a.words) == len(a.text) && len(b.words) == len(b.text) {
			t.Fatalf("%q, %q: more is in order than is shared: %+v", x, y, l)
		}
		if s := compare(a, a); len(a.words) > 0 && (s.score() < 1-1e-9 || s.names || s.figures || s.swapped) {
			t.Fatalf("%q is not like itself: %+v", x, s)
		}
	})
}
