package web

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

func escapeHTML(s string) string { return html.EscapeString(s) }

// compare is action=compare: the word diff of two revisions as rows of a table.
func (r *wikiRequest) compare() (map[string]any, error) {
	props, err := r.choice("prop", "diff|ids|title", "diff", "diffsize", "rel", "ids", "title", "user", "comment", "parsedcomment", "size", "timestamp")
	if err != nil {
		return nil, err
	}
	if _, err := r.choice("difftype", "table", "table"); err != nil {
		return nil, err
	}
	from, st, err := r.side("from")
	if err != nil {
		return nil, err
	}
	var to repo.Version
	at := st.position(from.Number)
	other := st
	switch relative := r.q.Get("torelative"); relative {
	case "":
		to, other, err = r.side("to")
	case "prev": // then it is the newer side that was named
		to = from
		if from = (repo.Version{}); at > 0 {
			from = st.versions[at-1]
		}
	case "next":
		to = st.versions[min(at+1, len(st.versions)-1)]
	case "cur":
		to = st.current()
	default:
		err = wikiErrorf("badvalue", "Unrecognized value for parameter \"torelative\": %s.", relative)
	}
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if from.Number > 0 {
		if err := r.compared(out, "from", st, from, props); err != nil {
			return nil, err
		}
	}
	if err := r.compared(out, "to", other, to, props); err != nil {
		return nil, err
	}
	d, err := r.difference(from, to)
	if err != nil {
		return nil, err
	}
	body := tableRows(&d)
	if slices.Contains(props, "diff") {
		out["body"] = body
	}
	if slices.Contains(props, "diffsize") {
		out["diffsize"] = len(body)
	}
	return map[string]any{"compare": out}, nil
}

// side finds the version that one side of a comparison names, and its article.
func (r *wikiRequest) side(side string) (v repo.Version, st *story, err error) {
	var missing *repo.NotFoundError
	switch {
	case r.q.Get(side+"rev") != "":
		v, err = r.byNumber(side+"rev", r.q.Get(side+"rev"))
		if errors.As(err, &missing) {
			err = wikiErrorf("nosuchrevid", "There is no revision with ID %.20s.", r.q.Get(side+"rev"))
		}
		if err == nil {
			st, err = r.storyOf(v.Article)
		}
		return v, st, err
	case r.q.Get(side+"id") != "":
		v, err = r.byNumber(side+"id", r.q.Get(side+"id"))
		if errors.As(err, &missing) {
			err = wikiErrorf("nosuchpageid", "There is no page with ID %.20s.", r.q.Get(side+"id"))
		}
		if err == nil {
			st, err = r.storyOf(v.Article)
		}
	case r.q.Get(side+"title") != "":
		title := r.q.Get(side + "title")
		id, terr := r.titled(title)
		if err = terr; errors.As(err, &missing) {
			err = wikiErrorf("missingtitle", "The page you specified doesn't exist.")
		}
		if err == nil {
			st, err = r.storyOf(id)
		}
	default:
		err = wikiErrorf("missingparam", "One of the parameters \"%stitle\", \"%sid\" and \"%srev\" is required.", side, side, side)
	}
	if err != nil {
		return v, nil, err
	}
	return st.current(), st, nil
}

// compared tells of one side of a comparison.
func (r *wikiRequest) compared(out map[string]any, side string, st *story, v repo.Version, props []string) error {
	for _, p := range props {
		switch p {
		case "ids":
			out[side+"id"], out[side+"revid"] = st.pageID(), v.Sequence()
		case "title":
			now := st.current()
			out[side+"ns"], out[side+"title"] = 0, wikiTitle(&now)
		case "user":
			out[side+"user"] = v.Author.Name
		case "comment":
			out[side+"comment"] = wikiComment(&v)
		case "parsedcomment":
			out[side+"parsedcomment"] = escapeHTML(wikiComment(&v))
		case "timestamp":
			out[side+"timestamp"] = wikiTime(v.Published.T)
		case "size":
			file, err := r.content(v)
			if err != nil {
				return err
			}
			out[side+"size"] = len(file)
		}
	}
	return nil
}

// difference is the word diff of two versions, which may be of two articles; from the
// beginning where from is none.
func (r *wikiRequest) difference(from, to repo.Version) (diff.Article, error) {
	if from.Number > 0 {
		return r.site.store.Diff(r.Context(), from, to, diff.Options{})
	}
	state, err := r.site.store.State(r.Context(), to)
	if err != nil {
		return diff.Article{}, err
	}
	return diff.States(nil, state, diff.Options{}), nil
}

// tableContext is how many unchanged lines stand around a change.
const tableContext = 2

// tableLine is one line of a side of a diff, as HTML.
type tableLine struct {
	html    strings.Builder
	changed bool
}

// tableRow is a line of each side; either may be nil.
type tableRow struct{ old, new *tableLine }

// tableRows writes a diff as MediaWiki does: rows of a table of four columns, with the
// name of the field where it has the number of the line.
func tableRows(d *diff.Article) string {
	var b strings.Builder
	for i := range d.Fields {
		f := &d.Fields[i]
		rows := fieldRows(f)
		shown := make([]bool, len(rows))
		for j, row := range rows {
			if row.old == nil || row.new == nil || row.old.changed || row.new.changed {
				for k := max(j-tableContext, 0); k <= min(j+tableContext, len(rows)-1); k++ {
					shown[k] = true
				}
			}
		}
		oldLine, newLine := 1, 1
		for j, row := range rows {
			if shown[j] {
				if j == 0 || !shown[j-1] {
					fmt.Fprintf(&b, "<tr>\n  <td colspan=\"2\" class=\"diff-lineno\">%s, line %d:</td>\n  <td colspan=\"2\" class=\"diff-lineno\">%s, line %d:</td>\n</tr>\n",
						escapeHTML(f.Name), oldLine, escapeHTML(f.Name), newLine)
				}
				row.write(&b)
			}
			if row.old != nil {
				oldLine++
			}
			if row.new != nil {
				newLine++
			}
		}
	}
	return b.String()
}

// fieldRows puts the lines of both sides of a field beside each other: where a line
// ends on both sides at once they are in step again.
func fieldRows(f *diff.Field) (rows []tableRow) {
	var old, new []*tableLine // since they were in step
	left, right := &tableLine{}, &tableLine{}
	inStep := func() {
		for i := range max(len(old), len(new)) {
			var row tableRow
			if i < len(old) {
				row.old = old[i]
			}
			if i < len(new) {
				row.new = new[i]
			}
			rows = append(rows, row)
		}
		old, new = nil, nil
	}
	for _, s := range f.Segments {
		switch s.Op {
		case diff.Equal:
			for i, part := range strings.Split(f.Old[s.A0:s.A1], "\n") {
				if i > 0 {
					old, new = append(old, left), append(new, right)
					left, right = &tableLine{}, &tableLine{}
					inStep()
				}
				left.html.WriteString(escapeHTML(part))
				right.html.WriteString(escapeHTML(part))
			}
		case diff.Delete, diff.MoveFrom:
			old, left = marked(old, left, f.Old[s.A0:s.A1], "del")
		case diff.Insert, diff.MoveTo:
			new, right = marked(new, right, f.New[s.B0:s.B1], "ins")
		}
	}
	if left.html.Len() > 0 {
		old = append(old, left)
	}
	if right.html.Len() > 0 {
		new = append(new, right)
	}
	inStep()
	return rows
}

// marked adds changed text to a line, and lines where it holds their ends.
func marked(lines []*tableLine, line *tableLine, text, tag string) ([]*tableLine, *tableLine) {
	for i, part := range strings.Split(text, "\n") {
		if i > 0 {
			line.changed = true
			lines, line = append(lines, line), &tableLine{}
		}
		if part != "" {
			line.changed = true
			fmt.Fprintf(&line.html, "<%s class=\"diffchange diffchange-inline\">%s</%s>", tag, escapeHTML(part), tag)
		}
	}
	return lines, line
}

func (row tableRow) write(b *strings.Builder) {
	changed := row.old == nil || row.new == nil || row.old.changed || row.new.changed
	side := func(l *tableLine, marker, line, name string) {
		class := "diff-context"
		if changed {
			class = line
		} else {
			marker = ""
		}
		if l == nil {
			fmt.Fprintf(b, "  <td colspan=\"2\" class=\"diff-empty diff-side-%s\"></td>\n", name)
			return
		}
		if marker != "" {
			marker = " data-marker=\"" + marker + "\""
		}
		text := "<br />"
		if l.html.Len() > 0 {
			text = "<div>" + l.html.String() + "</div>"
		}
		fmt.Fprintf(b, "  <td class=\"diff-marker\"%s></td>\n  <td class=\"%s diff-side-%s\">%s</td>\n", marker, class, name, text)
	}
	b.WriteString("<tr>\n")
	side(row.old, "−", "diff-deletedline", "deleted")
	side(row.new, "+", "diff-addedline", "added")
	b.WriteString("</tr>\n")
}
