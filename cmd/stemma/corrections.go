package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// A correction is bound to a diff, and is nowhere shown in full without it.

// correctionLines is how many lines of its diff changes shows below a correction;
// diff shows all.
const correctionLines = 8

// corrected is a correction with the diff that it explains.
type corrected struct {
	repo.Correction
	diff diff.Article // nothing where the correction is of the first version
}

// corrections reads an article's corrections with their diffs, by the number of the
// version that they lead to.
func corrections(ctx context.Context, s *repo.Store, id schema.ID, versions []repo.Version) (map[int][]corrected, error) {
	if !slices.ContainsFunc(versions, func(v repo.Version) bool { return v.Correction != nil }) {
		return nil, nil // a version tells of one at least of its corrections
	}
	list, err := s.Corrections(ctx, id)
	if err != nil {
		return nil, err
	}
	byNumber := map[int]repo.Version{}
	for _, v := range versions {
		byNumber[v.Number] = v
	}
	out := map[int][]corrected{}
	for _, c := range list {
		x := corrected{Correction: c}
		if c.From > 0 {
			if x.diff, err = s.Diff(ctx, byNumber[c.From], byNumber[c.To], diff.Options{}); err != nil {
				return nil, err
			}
		}
		out[c.To] = append(out[c.To], x)
	}
	return out, nil
}

// lines shows a correction of an article and, indented, the changes that it
// explains.
func (c corrected) lines(article schema.ID, color bool, width int) ([]string, error) {
	out := []string{correctionLine(&c.Correction)}
	names := 0
	for _, f := range c.diff.Fields {
		names = max(names, cells(line(f.Name)))
	}
	indent := strings.Repeat(" ", 7+names+2)
	if width > 0 {
		width = max(width-len(indent), 20)
	}
	for _, f := range c.diff.Fields {
		shown, err := fieldLines(f, color, width)
		if err != nil {
			return nil, err
		}
		for i, l := range shown {
			start := indent
			if i == 0 {
				start = "       " + pad(line(f.Name), names) + "  "
			}
			out = append(out, start+l)
		}
	}
	if len(out)-1 > correctionLines {
		more := len(out) - 1 - correctionLines
		out = append(out[:correctionLines+1], fmt.Sprintf("       … %d more lines: stemma diff %s %d %d", more, article, c.From, c.To))
	}
	return out, nil
}

// fieldLines shows what changed in a field, without what didn't: of a longer text
// the paragraphs that changed, of a set the items.
func fieldLines(f diff.Field, color bool, width int) ([]string, error) {
	show := diff.ShowOptions{Around: diff.AroundAll, HideFolds: true, Color: color, Width: width}
	if f.Set || strings.Contains(strings.TrimSpace(f.Old), "\n") || strings.Contains(strings.TrimSpace(f.New), "\n") {
		show.Around = 0
	}
	var b bytes.Buffer
	if err := diff.WriteText(&b, diff.Term, f.Old, f.New, f.Segments, show); err != nil {
		return nil, err
	}
	var out []string
	for l := range strings.Lines(b.String()) {
		if l = strings.TrimRight(l, " \n"); l != "" {
			out = append(out, l)
		}
	}
	return out, nil
}

func correctionLine(c *repo.Correction) string {
	from := "nothing"
	if c.From > 0 {
		from = strconv.Itoa(c.From)
	}
	return fmt.Sprintf("     %s (%s to %d): %s", c.Type, from, c.To, line(c.Text))
}

// json gives the object that a version's "corrections" hold.
func (c corrected) json() (json.RawMessage, error) {
	var b bytes.Buffer
	if err := diff.Write(&b, diff.JSON, c.diff, diff.ShowOptions{}); err != nil {
		return nil, err
	}
	var d struct {
		Fields json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		return nil, err
	}
	type person struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	}
	return marshal(struct {
		Type     repo.CorrectionType `json:"type"`
		Text     string              `json:"text"`
		From     int                 `json:"from,omitempty"`
		To       int                 `json:"to"`
		Author   person              `json:"author"`
		Recorded string              `json:"recorded"`
		Fields   json.RawMessage     `json:"fields"`
	}{c.Type, c.Text, c.From, c.To, person(c.Author), c.Recorded.UTC().Format(time.RFC3339), d.Fields})
}

// withCorrections adds "corrections" to a version's object.
func withCorrections(v repo.Version, list []corrected) (json.RawMessage, error) {
	own, err := marshal(v)
	if err != nil || len(list) == 0 {
		return own, err
	}
	items := make([]json.RawMessage, len(list))
	for i, c := range list {
		if items[i], err = c.json(); err != nil {
			return nil, err
		}
	}
	all, err := marshal(items)
	if err != nil {
		return nil, err
	}
	own = append(own[:len(own)-1], `,"corrections":`...)
	return append(append(own, all...), '}'), nil
}
