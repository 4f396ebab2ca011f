package diff

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// picture is what the tests read of an SVG.
type picture struct {
	Title string        `xml:"title"`
	Desc  string        `xml:"desc"`
	Texts []pictureText `xml:"text"`
}

type pictureText struct {
	Class     string `xml:"class,attr"`
	Direction string `xml:"direction,attr"`
	Inner     string `xml:",innerxml"`
}

func readPicture(t *testing.T, out string) picture {
	t.Helper()
	var p picture
	if err := xml.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// sides gives the two texts that a line of a picture shows.
func (x pictureText) sides(t *testing.T) (old, new string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader("<x>" + x.Inner + "</x>"))
	class := ""
	var a, b strings.Builder
	for {
		tok, err := dec.Token()
		if err != nil {
			return a.String(), b.String()
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			for _, attr := range tok.Attr {
				class = attr.Value
			}
		case xml.EndElement:
			class = ""
		case xml.CharData:
			if class != "i" && class != "t" {
				a.Write(tok)
			}
			if class != "d" && class != "f" {
				b.Write(tok)
			}
		}
	}
}

// bare drops all white space: lines are broken anew in a picture.
func bare(s string) string { return strings.Join(strings.Fields(s), "") }

// TestSVGHoldsBothSides reads the two texts back out of the picture.
func TestSVGHoldsBothSides(t *testing.T) {
	for _, p := range texts(t) {
		if strings.ContainsAny(p[0]+p[1], "\r\u2028\u2029\uFFFE\uFFFF") {
			continue
		}
		var old, new strings.Builder
		for _, x := range readPicture(t, shown(t, SVG, p[0], p[1], ShowOptions{Around: AroundAll})).Texts {
			if x.Class == "small" {
				continue
			}
			a, b := x.sides(t)
			old.WriteString(a + "\n")
			new.WriteString(b + "\n")
		}
		if bare(old.String()) != bare(schema.Visible(p[0])) || bare(new.String()) != bare(schema.Visible(p[1])) {
			t.Errorf("%q → %q is drawn as %q → %q", p[0], p[1], old.String(), new.String())
		}
	}
}

// TestSVGFits: no line is estimated to be wider than the card's inside.
func TestSVGFits(t *testing.T) {
	long := strings.Repeat("Wide WORDS and narrow illicit ones, ", 30)
	for _, p := range [][2]string{
		{long, long + "end"}, {strings.Repeat("判决引发了抗议活动，", 20), strings.Repeat("判决引发了抗议活动。", 20)},
		{strings.Repeat("x", 400), strings.Repeat("x", 401)}, {strings.Repeat("قتل شخصان في النيجر ", 20), "قتل سبعة"},
	} {
		rows := svgCard(document{bare: true, fields: []Field{{Old: p[0], New: p[1], Segments: Texts(p[0], p[1], Options{})}}}, ShowOptions{Around: AroundAll})
		n := 0
		for _, r := range rows {
			for _, l := range r.wrap() {
				n++
				width, text := 0, ""
				for _, x := range l.runs {
					text += x.text
				}
				for _, c := range strings.TrimRight(text, " ") {
					width += clusterMilliems(string(c)) * l.size.font
				}
				if width > 1000*svgInner {
					t.Errorf("%q is %d pixels wide, %d are there", text, width/1000, svgInner)
				}
			}
		}
		if n < 3 {
			t.Errorf("only %d lines", n)
		}
	}
}

// TestSVGDescribes: the picture has a name, and says in words what it shows.
func TestSVGDescribes(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, SVG, goldenDiff(), ShowOptions{Around: AroundDefault, From: "7zz@1", To: "7zz@2"}); err != nil {
		t.Fatal(err)
	}
	p := readPicture(t, b.String())
	if want := "What changed from 7zz@1 to 7zz@2"; p.Title != want {
		t.Errorf("title %q, want %q", p.Title, want)
	}
	if want := "headline: “2” became “7”."; !strings.HasPrefix(p.Desc, want) {
		t.Errorf("description %q, want it to begin with %q", p.Desc, want)
	}
	right := 0
	for _, x := range p.Texts {
		if x.Direction == "rtl" {
			right++
		}
	}
	if right == 0 {
		t.Error("the Arabic summary is not set from the right")
	}
	p = readPicture(t, shown(t, SVG, "same", "same", ShowOptions{}))
	if p.Desc != "No word changed." {
		t.Errorf("of equal texts it says %q", p.Desc)
	}
}

// TestLinesBreakBesideHan: no line begins with a mark that closes, and none ends
// with one that opens.
func TestLinesBreakBesideHan(t *testing.T) {
	text := strings.Repeat("他说：「判决、抗议」（机场）。", 12)
	for width := 8; width < 40; width++ {
		for _, l := range wrap([][]run{{{lookText, text}}}, width) {
			for _, r := range l {
				first, last := string([]rune(r.text)[0]), string([]rune(r.text)[len([]rune(r.text))-1])
				if strings.Contains("：、」）。", first) || strings.Contains("「（", last) {
					t.Errorf("at %d columns a line is %q", width, r.text)
				}
			}
		}
	}
}
