package diff

import (
	"slices"
	"strings"
	"testing"
)

// TestNature holds each rule to its own examples.
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
		{"pages 5-7 of it", "pages 5–7 of it", "typography"},
		{"an F-16 jet", "an F-35 jet", "name"},
		{"Syria's war", "Syria’s war", "typography"},
		{"the U.S. says", "the US says", "punctuation"},
		{"Iran, Iraq and Syria", "Iran, Iraq, and Syria", "punctuation"},
		{"a, b", "a b,", "punctuation"},
		{"British-Hungarian writer", "British–Hungarian writer", "typography"},
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

		// names
		{"Barack Obama speaks", "Obama speaks", "name"},
		{"talks with the US today", "talks with the United States today", "name"},
		{"Israel says it won", "Iran says it won", "name"},
		{"Talks between Iran and Iraq", "Talks between Iraq and Iran", "name"},
		{"near Kyiv's airport", "near Kyiv airport", "wording"},
		{"Iran says he lost. Iran denies it", "Iran says he lost. It denies it", "wording"},
		{"Iran met Iraq. Iraq says no", "Iran met Iraq. Iran says no", "name"},
		{"Protesters gather", "Rescuers gather", "wording"},
		{"A quake hits Peru", "A quake hits", "name"},
		{"A quake hits Lima", "A quake hits Lima in Peru", "name"},
		{"A quake hits Lima", "A quake hits near Lima", "wording"},
		{"he, Prime Minister Li, resigns", "he, Premier Li, resigns", "name"},
		{"the Kim Jong-un visit", "the Kim Jong-Un visit", "name"},
		{"Президент Путин заявил", "Президент Зеленский заявил", "name"},
		{"Ο Μητσοτάκης είπε", "Ο Τσίπρας είπε", "name"},
		{"Trump Says Iran War Is Over", "Trump Says Iraq War Is Over", "name"},
		{"Trump Says Iran War Is Over", "Trump Says Iran War Is Lost", "wording"},
		{"Stocks Slide as Inflation Fears Grip Investors", "Stocks Tumble as Inflation Fears Grip Markets", "wording"},
		{"Heavy rain fell. Mourners wept", "Heavy rain fell. Smugglers wept", "wording"},
		{"Seven Die as Ferry Sinks off Mali", "Seven die as ferry sinks off Mali", "wording"},
		{"西班牙最高法院以", "法国最高法院以", "wording"},
		{"Die Polizei sucht den Mann und die Frau", "Die Polizei sucht den Hund und die Frau", "wording"},

		{"an Intro To React here", "an Intro to React here", "wording"},
		{"at 5 p.m. ET today", "at 5 p.m. GMT today", "wording"},
		{"[a map](https://a.example/1?id=7Xy) here", "[a map](https://a.example/2?id=9Zk) here", "wording"},

		// quotations
		{`He calls it "a win" now`, `He calls it "a loss" now`, "quotation"},
		{`He calls it a win now`, `He calls it "a win" now`, "quotation"},
		{`He calls it “a win” now`, `He calls it "a win" now`, "typography"},
		{"He calls it „a win“ now", "He calls it «a win» now", "typography"},
		{"彼は「勝利」と言う", "彼は「敗北」と言う", "quotation"},
		{"il parle de « victoire » encore", "il parle de victoire encore", "quotation"},
		{"the 'final' offer", "the final offer", "quotation"},
		{"the workers' strike", "the worker strike", "wording"},
		{"Israel’s army", "Israel's army", "typography"},
		{`He said "2 died" there`, `He said "7 died" there`, "figure, quotation"},
		{`He calls it "a win" now`, `He calls it now`, "quotation"},
		{`He calls it "a win" now`, `They call it "a win" now`, "wording"},

		// figures
		{"The vote is on Friday", "The vote is on Saturday", "figure"},
		{"The vote is on Friday", "The vote is held", "wording"},
		{"on 5 March he left", "on 6 March he left", "figure"},
		{"Theresa May resigns", "Theresa Villiers resigns", "name"},
		{"the 20th time", "the 21st time", "figure"},
		{"the 1980s war", "the 1990s war", "figure"},

		// marks
		{"in Texas United States", "in Texas, United States", "punctuation"},
		{"killed and 7 hurt", "killed, and 9 hurt", "figure, punctuation"},
		{"he left, she says", "she says he left", "wording"},
		{"a single-day loss", "a single day loss", "punctuation"},
		{"wait...", "wait…", "typography"},
		{"10 km away", "10 km away", "typography"},
		{"no \u200bthreat here", "no threat here", "typography"},
		{"one - two", "one — two", "typography"},
		{"one -- two", "one — two", "typography"},
		{"about 7 million euros", "about €7 million (8 million dollars)", "figure, wording"},
		{"a plan. And it is here", "a plan and it is here", "punctuation"},

		// structure
		{"The first paragraph is here.\nIt goes on.", "The first paragraph is here.\n\nIt goes on and on.", "wording"},
		{"The first paragraph is here. The second paragraph is here.", "The first paragraph is here.\n\nThe second paragraph is here.", "structure"},
		{"The first paragraph is here.\n\nThe second paragraph is here.", "The first paragraph is here. The second paragraph has 2.", "figure, wording, structure"},
	} {
		got := Summarize(nature(c.old, c.new, Texts(c.old, c.new, Options{}), english))
		if got != c.want {
			t.Errorf("%q → %q: %s, want %s", c.old, c.new, got, c.want)
		}
	}
}

// TestCommonWords holds the list to its order, which looking up relies on, and the
// endings to words of each sort.
func TestCommonWords(t *testing.T) {
	list := strings.Split(strings.TrimSuffix(commonWords, "\n"), "\n")
	if !slices.IsSorted(list) || len(list) < 10_000 {
		t.Error("the words are out of order, or too few")
	}
	for _, w := range list {
		if !hasCommon([]byte(w)) {
			t.Fatalf("%q is not found", w)
		}
	}
	for _, w := range []string{"The", "A", "Protesters", "Killed", "Countries", "Banned", "Seizing", "Landslides", "Crowds", "OFFICIALS"} {
		if !isCommon(w) {
			t.Errorf("%s is taken for a name", w)
		}
	}
	for _, w := range []string{"United", "Kyiv", "Israeli", "Zürich", "Polish", "NATO", "Trump", "Iran's", "Xi"} {
		if isCommon(w) {
			t.Errorf("%s is taken for a common word", w)
		}
	}
}

func TestLastBlankLine(t *testing.T) {
	for _, n := range []int{0, 1, 2, 509, 510, 511, 512, 513, 1023, 1024, 1025, 5000} {
		s := strings.Repeat("x", 700) + "\n\n" + strings.Repeat("y", n)
		if at := lastBlankLine(s); at != 702 {
			t.Errorf("%d bytes behind it: %d", n, at)
		}
	}
	if at := lastBlankLine("a\nb\n"); at != -1 {
		t.Errorf("no blank line: %d", at)
	}
}
