package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

type blameOptions struct {
	format, totals string
	fields         []string
}

func (a *app) blameCommand() *cobra.Command {
	var opt blameOptions
	cmd := &cobra.Command{
		Use:   "blame ARTICLE[@V]",
		Short: "Show for every word which version put it there",
		Long: `Show for every word of a version which version of the article put it there first,
who wrote that one and when it was published. All versions until then are looked
at, not neighbours alone: a word that was deleted and comes back keeps its first
origin, and so does text that was moved.

On a terminal the text flows, with a small number before each stretch that comes
from another version; beside each line stands the newest version in it, and below
the text the list of them all. Colours go from grey, the oldest, to red. Elsewhere
each stretch has a line of its own: version, author, time of publication, text.

--totals counts instead: how many words of the text are whose, or --totals=version
which version's.`,
		Example: `  stemma blame russia-and-estonia
  stemma blame russia-and-estonia@2018-02-06 --field headline
  stemma blame russia-and-estonia --totals
  stemma blame russia-and-estonia --format html > blame.html`,
		Args:              argCount(1, 1, "one ARTICLE or ARTICLE@V"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.blame(ctx, s, args[0], opt)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&opt.format, "format", "", "term, plain, html or json (default term on a terminal, else plain)")
	f.StringArrayVar(&opt.fields, "field", nil, "show this field only; may be given more than once")
	f.StringVar(&opt.totals, "totals", "", "count words by author, or by version, instead of showing them")
	f.Lookup("totals").NoOptDefVal = "author"
	fixed(cmd, "format", append(blameStyles(), string(diff.JSON))...)
	fixed(cmd, "totals", "author", "version")
	return cmd
}

func blameStyles() (names []string) {
	for _, s := range diff.BlameStyles() {
		names = append(names, string(s))
	}
	return names
}

func (a *app) blame(ctx context.Context, s *repo.Store, name string, opt blameOptions) error {
	style, err := a.blameStyle(opt)
	if err != nil {
		return err
	}
	v, err := s.ResolveVersion(ctx, name)
	if err != nil {
		return err
	}
	if v.Place == repo.Current {
		if err := a.warnOfBroken(ctx, s, v.Article); err != nil {
			return err
		}
	}
	b, err := s.Blame(ctx, v, opt.fields...)
	if err != nil {
		return err
	}
	switch {
	case opt.totals != "":
		return a.printTotals(b, opt.totals, style)
	case len(b.Fields) == 0 && style != diff.JSON:
		a.hint("no text in what was asked for")
	case style == diff.JSON:
		return a.printJSON(b)
	}
	if style == diff.Term {
		a.usePager()
	}
	return a.writeBlame(b, style)
}

// blameStyle checks the options.
func (a *app) blameStyle(opt blameOptions) (diff.Style, error) {
	for _, name := range opt.fields {
		if !knownField(name) {
			return "", &usageError{message: fmt.Sprintf("--field: no field %q", name), hint: "the fields are " + fieldNames()}
		}
	}
	if opt.totals != "" && opt.totals != "author" && opt.totals != "version" {
		return "", usagef("--totals: words are counted by author or by version, not by %q", opt.totals)
	}
	style := diff.Style(opt.format)
	switch {
	case a.json && opt.format != "" && style != diff.JSON:
		return "", usagef("--json and --format %s exclude each other", opt.format)
	case a.json || style == diff.JSON:
		return diff.JSON, nil
	case opt.format != "" && !slices.Contains(diff.BlameStyles(), style):
		return "", usagef("--format: %.40q is no way to show origins: term, plain, html or json is wanted", opt.format)
	case opt.format != "" && opt.totals != "":
		return "", usagef("--totals counts words; the format %s has no place for that", opt.format)
	case opt.format != "":
		return style, nil
	case a.outTerminal:
		return diff.Term, nil
	}
	return diff.Plain, nil
}

func (a *app) writeBlame(b *repo.Blame, style diff.Style) error {
	versions := make([]diff.BlamedVersion, len(b.Origins))
	for i, v := range b.Origins {
		versions[i] = diff.BlamedVersion{Number: v.Number, Author: v.Author.Name, Published: publishedStamp(v.Published)}
	}
	show := diff.BlameOptions{Color: a.color()}
	if a.outTerminal {
		show.Width, _ = a.size()
	}
	var out bytes.Buffer
	if err := diff.WriteBlame(&out, style, b.Fields, versions, show); err != nil {
		return err
	}
	_, err := a.out.Write(out.Bytes())
	return err
}

type jsonAuthor struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// jsonTotals is what blame --totals --json prints.
type jsonTotals struct {
	Article  string         `json:"article"`
	Version  int            `json:"version"`
	Totals   []jsonTotal    `json:"totals,omitempty"`
	Versions []repo.Version `json:"versions"`
}

// jsonTotal is one row of blame --totals.
type jsonTotal struct {
	Author    jsonAuthor `json:"author"`
	Version   int        `json:"version,omitempty"`
	Published string     `json:"published,omitempty"`
	Words     int        `json:"words"`
	Versions  int        `json:"versions,omitempty"` // of this author's, that words are left of
}

// totals counts words by version, in the order of publication, or by author, the most
// first.
func totals(b *repo.Blame, by string) (rows []jsonTotal, all int) {
	words := map[int]int{}
	for _, f := range b.Fields {
		for _, r := range f.Runs {
			words[r.Version] += r.Words
			all += r.Words
		}
	}
	for _, v := range b.Origins {
		author := jsonAuthor(v.Author)
		if by == "version" {
			rows = append(rows, jsonTotal{Author: author, Version: v.Number, Published: v.Published.String(), Words: words[v.Number]})
			continue
		}
		at := slices.IndexFunc(rows, func(t jsonTotal) bool { return t.Author == author })
		if at < 0 {
			at = len(rows)
			rows = append(rows, jsonTotal{Author: author})
		}
		rows[at].Words += words[v.Number]
		rows[at].Versions++
	}
	if by == "author" {
		slices.SortStableFunc(rows, func(x, y jsonTotal) int { return cmp.Compare(y.Words, x.Words) })
	}
	return rows, all
}

func (a *app) printTotals(b *repo.Blame, by string, style diff.Style) error {
	rows, all := totals(b, by)
	if style == diff.JSON {
		return a.printJSON(jsonTotals{Article: b.Version.Article.String(), Version: b.Version.Number, Totals: rows, Versions: b.Origins})
	}
	a.usePager()
	var t table
	width := len(strconv.Itoa(all))
	for _, r := range rows {
		row := []string{fmt.Sprintf("%*d", width, r.Words), fmt.Sprintf("%5.1f %%", 100*float64(r.Words)/float64(max(1, all)))}
		if by == "version" {
			row = append(row, fmt.Sprintf("%3d", r.Version), publishedStamp(b.Origin(r.Version).Published))
		} else {
			row = append(row, counted(r.Versions, "version"))
		}
		t.add(append(row, line(r.Author.Name))...)
	}
	t.add(fmt.Sprintf("%*d", width, all), "", "words in all")
	return t.write(a.out)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
