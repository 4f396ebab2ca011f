package diff

import "testing"

func TestNature(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"At least 2 dead", "At least 7 dead", "figure"},
		{"At least two dead", "At least seven dead", "figure"},
		{"Two dead", "2 dead", "wording"},
		{"At least 2 dead in Kyiv", "At least 7 killed in Kyiv", "figure, wording"},
		{"2 dead and 7 hurt", "7 dead and 2 hurt", "figure"},
		{"7 hurt and 2 dead", "2 dead and 7 hurt", "wording"},
		{"One man dies", "A man dies", "wording"},
		{"One man dies", "One of two men dies", "figure, wording"},
		{"One dead", "Two dead", "figure"},
		{"One dead", "1 dead", "wording"},
		{"3 million flee", "3,000,000 flee", "wording"},
		{"3 million flee", "4 million flee", "figure"},
		{"3 million flee", "3 billion flee", "figure"},
		{"Hundreds flee", "Thousands flee", "figure"},
		{"twenty-five hurt", "25 hurt", "wording"},
		{"twenty-five hurt", "twenty-six hurt", "figure"},
		{"costs $5 today", "costs €5 today", "figure"},
		{"up 5% today", "up 5 percent today", "wording"},
		{"up 5% today", "up 5 today", "figure"},
		{"falls to -5 today", "falls to 5 today", "figure"},
		{"pages 5-7 of it", "pages 5–7 of it", "punctuation"},
		{"an F-16 jet", "an F-35 jet", "wording"},
		{"Syria's war", "Syria’s war", "punctuation"},
		{"the U.S. says", "the US says", "punctuation"},
		{"Iran, Iraq and Syria", "Iran, Iraq, and Syria", "punctuation"},
		{"a, b", "a b,", "punctuation"},
		{"British-Hungarian writer", "British–Hungarian writer", "punctuation"},
		{"prime minister", "Prime Minister", "wording"},
		{"a  b", "a b", "whitespace"},
		{"one\n\ntwo", "one\ntwo", "whitespace"},
		{"", "2 dead", "wording"},
		{"2 dead", "", "wording"},
		{"the first time", "the second time", "figure"},
		{"Elected for the first time", "Elected for a time", "wording"},
		{"٢ قتلى", "٧ قتلى", "figure"},
		{"٢ قتلى", "2 قتلى", "wording"},
		{"party 🎉 tonight", "party 🎃 tonight", "wording"},
	} {
		got := Summarize(nature(c.old, c.new, Texts(c.old, c.new, Options{}), true))
		if got != c.want {
			t.Errorf("%q → %q: %s, want %s", c.old, c.new, got, c.want)
		}
	}
}
