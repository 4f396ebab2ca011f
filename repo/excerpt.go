package repo

import (
	"encoding/json"
	"strings"

	"github.com/stemma-project/stemma/diff"
)

// Excerpt is a place of a text, with what was found in it told from what stands
// around. White space is folded.
type Excerpt struct {
	Pieces []Piece
	// Before and After say that the text goes on there.
	Before, After bool
}

// Piece is a stretch of an excerpt.
type Piece struct {
	Text  string
	Found bool
}

// excerptWords is how many words an excerpt shows on either side of what was found.
const excerptWords = 10

// excerpt makes one of what was found in a text: the first place and those that
// stand near it. Places are in order of their starts.
func excerpt(text string, found []diff.Token) Excerpt {
	if len(found) == 0 {
		return Excerpt{}
	}
	from := diff.WordsBefore(text, 0, found[0].Start, excerptWords)
	to := diff.WordsAfter(text, found[0].End, len(text), excerptWords)
	e := Excerpt{Before: strings.TrimSpace(text[:from]) != "", After: strings.TrimSpace(text[to:]) != ""}
	at := from
	for _, f := range found {
		if f.End > to || f.Start < at {
			continue
		}
		e.add(text[at:f.Start], false)
		e.add(text[f.Start:f.End], true)
		at = f.End
	}
	e.add(text[at:to], false)
	e.trim()
	return e
}

func (e *Excerpt) add(s string, found bool) {
	if s == "" {
		return
	}
	folded := strings.Join(strings.Fields(s), " ")
	if s[0] <= ' ' && len(e.Pieces) > 0 {
		folded = " " + folded
	}
	if s[len(s)-1] <= ' ' && folded != " " {
		folded += " "
	}
	e.Pieces = append(e.Pieces, Piece{folded, found})
}

// trim drops white space at either end.
func (e *Excerpt) trim() {
	if n := len(e.Pieces); n > 0 {
		e.Pieces[0].Text = strings.TrimLeft(e.Pieces[0].Text, " ")
		e.Pieces[n-1].Text = strings.TrimRight(e.Pieces[n-1].Text, " ")
	}
}

// String gives the excerpt in print.
func (e Excerpt) String() string { return e.Marked("", "") }

// Marked gives the excerpt with marks around what was found.
func (e Excerpt) Marked(open, close string) string {
	var b strings.Builder
	if e.Before {
		b.WriteString("… ")
	}
	for _, p := range e.Pieces {
		if p.Found {
			b.WriteString(open + p.Text + close)
		} else {
			b.WriteString(p.Text)
		}
	}
	if e.After {
		b.WriteString(" …")
	}
	return b.String()
}

// MarshalJSON writes {"text", "found": [[start, end], …]}: what Excerpt.String gives, and
// the bytes of it that were found.
func (e Excerpt) MarshalJSON() ([]byte, error) {
	j := struct {
		Text  string   `json:"text"`
		Found [][2]int `json:"found"`
	}{e.String(), [][2]int{}}
	at := 0
	if e.Before {
		at = len("… ")
	}
	for _, p := range e.Pieces {
		if p.Found {
			j.Found = append(j.Found, [2]int{at, at + len(p.Text)})
		}
		at += len(p.Text)
	}
	return json.Marshal(j)
}
