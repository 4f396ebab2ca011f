package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type diffOptions struct {
	format, around, as, color                     string
	fields                                        []string
	sideBySide, moves, noMoves, stat, exitOnDiffs bool
}

func (a *app) diffCommand() *cobra.Command {
	var opt diffOptions
	cmd := &cobra.Command{
		Use:   "diff ARTICLE [V1 [V2]] | diff FILE1 FILE2",
		Short: "Show what changed, word by word",
		Long: `Show what differs between two versions of an article, field by field and word by
word. With no version named: from the one before the current one to the current;
with one: from it to the current; ARTICLE@V is from the one before V to V.

Two files are compared without a store. Two plain texts give the merged text
alone, without headings. A file is taken for an article by its name (.json, or
.md that begins with front matter) or by --as, never by a look at its content.
Git can show its own diffs in this way: see stemma help git.

The format plain marks changes as wdiff and git do, [-old-]{+new+}; term is the
same in colour where the terminal has colours. stemma help formats tells what each
format holds, and how both sides are read back out of it.`,
		Example: `  stemma diff russia-and-estonia
  stemma diff russia-and-estonia 1 3
  stemma diff russia-and-estonia@2018-02-06 --field headline
  stemma diff draft-1.txt draft-2.txt
  stemma diff --format html --side-by-side russia-and-estonia > changes.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if _, ok := a.gitCall(args); ok {
				return nil
			}
			return argCount(1, 3, "an ARTICLE and up to two versions, or two files")(cmd, args)
		},
		ValidArgsFunction: a.completeArticle(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opt.moves && opt.noMoves {
				return usagef("--moves and --no-moves exclude each other")
			}
			if !slices.Contains(colorChoices(), opt.color) {
				return usagef("--color: %q is none of %s", opt.color, strings.Join(colorChoices(), ", "))
			}
			if c, ok := a.gitCall(args); ok {
				return a.diffForGit(c, opt)
			}
			if len(args) == 2 && a.isFile(args[0]) && a.isFile(args[1]) {
				return a.diffFiles(args[0], args[1], opt)
			}
			return a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
				return a.diffVersions(ctx, s, args, opt)
			})(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.format, "format", "", "term, plain, html, json, markdown, unified or svg (default term on a terminal, else plain)")
	f.StringArrayVar(&opt.fields, "field", nil, "show this field only; may be given more than once")
	f.StringVar(&opt.around, "around", "", "how many unchanged words and paragraphs to show around a change, or all")
	f.BoolVar(&opt.sideBySide, "side-by-side", false, "html: old and new beside each other")
	f.BoolVar(&opt.moves, "moves", false, "show moved paragraphs as moved (the default)")
	f.BoolVar(&opt.noMoves, "no-moves", false, "show moved paragraphs as deleted and inserted")
	f.BoolVar(&opt.stat, "stat", false, "count the words removed and added instead of showing them")
	f.BoolVar(&opt.exitOnDiffs, "exit-code", false, "exit 1 where there is a difference, 0 where there is none")
	f.StringVar(&opt.as, "as", "", "of two files: their format, or plain for plain texts")
	f.StringVar(&opt.color, "color", colorAuto, "colours in the format term: auto, always or never")
	fixed(cmd, "format", styleNames()...)
	fixed(cmd, "color", colorChoices()...)
	return cmd
}

// The values of --color.
const (
	colorAuto   = "auto" // on a terminal, unless NO_COLOR or TERM=dumb
	colorAlways = "always"
	colorNever  = "never"
)

func colorChoices() []string { return []string{colorAuto, colorAlways, colorNever} }

func styleNames() []string {
	var names []string
	for _, s := range diff.Styles() {
		names = append(names, string(s))
	}
	return names
}

// isFile reports whether a file of that name exists.
func (a *app) isFile(name string) bool {
	info, err := os.Stat(a.path(name))
	return err == nil && info.Mode().IsRegular()
}

// show turns the options into those of package diff.
func (a *app) showOptions(opt diffOptions) (diff.Style, diff.ShowOptions, error) {
	show := diff.ShowOptions{
		Around: diff.AroundDefault, SideBySide: opt.sideBySide, Stat: opt.stat, Fields: opt.fields,
		Visible: a.outTerminal,
	}
	for _, name := range opt.fields {
		if !knownField(name) {
			return "", show, &usageError{message: fmt.Sprintf("--field: no field %q", name), hint: "the fields are " + fieldNames()}
		}
	}
	style := diff.Plain
	if a.outTerminal {
		style = diff.Term
		show.Width, _ = a.size()
	}
	show.Color = opt.color == colorAlways || opt.color == colorAuto && a.color()
	if opt.color == colorAlways {
		style = diff.Term
	}
	switch {
	case a.json && opt.format != "" && opt.format != string(diff.JSON):
		return "", show, usagef("--json and --format %s exclude each other", opt.format)
	case a.json:
		style = diff.JSON
	case opt.format != "":
		var err error
		if style, err = diff.ParseStyle(opt.format); err != nil {
			return "", show, usagef("--format: %v", err)
		}
	}
	if opt.stat && style != diff.Term && style != diff.Plain && style != diff.JSON {
		return "", show, usagef("--stat counts words; the format %s has no place for that", style)
	}
	switch n, err := strconv.Atoi(strings.TrimPrefix(opt.around, "@")); {
	case opt.around == "":
	case opt.around == "all":
		show.Around = diff.AroundAll
	case err != nil || n < 0:
		return "", show, usagef("--around: %q is neither a number nor all", opt.around)
	default:
		show.Around = n
	}
	return style, show, nil
}

// knownField accepts the fields of the table and the names of parts and of
// unknown keys, which a diff names "image.caption" or "extra.key".
func knownField(name string) bool {
	base, _, part := strings.Cut(name, ".")
	if part {
		return true
	}
	for _, f := range schema.Table() {
		if f.Name == base {
			return true
		}
	}
	return false
}

func fieldNames() string {
	var names []string
	for _, f := range schema.Table() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// diffVersions compares two versions of an article.
func (a *app) diffVersions(ctx context.Context, s *repo.Store, args []string, opt diffOptions) error {
	style, show, err := a.showOptions(opt)
	if err != nil {
		return err
	}
	from, to, err := pick(ctx, s, args)
	if err != nil {
		return err
	}
	if to.Place == repo.Current {
		if err := a.warnOfBroken(ctx, s, to.Article); err != nil {
			return err
		}
	}
	var d diff.Article
	if from.Number == 0 {
		a.hint("version %d is the first: nothing stands before it, all of it is new", to.Number)
		st, err := s.State(ctx, to)
		if err != nil {
			return err
		}
		d = diff.States(nil, st, diff.Options{NoMoves: opt.noMoves})
	} else if d, err = s.Diff(ctx, from, to, diff.Options{NoMoves: opt.noMoves}); err != nil {
		return err
	}
	show.Article, show.FromVersion, show.ToVersion = to.Article.String(), from.Number, to.Number
	show.From, show.To = versionLabel(from), versionLabel(to)
	if show.Corrections, err = s.Explained(ctx, from, to); err != nil {
		return err
	}
	return a.showDiff(style, d, show, opt)
}

func versionLabel(v repo.Version) string {
	if v.Number == 0 {
		return ""
	}
	return name(v)
}

// pick gives the two versions that the arguments name; from is zero where to is
// the first version.
func pick(ctx context.Context, s *repo.Store, args []string) (from, to repo.Version, err error) {
	if len(args) == 1 {
		if to, err = s.ResolveVersion(ctx, args[0]); err == nil {
			from, _, err = s.Before(ctx, to)
		}
		return from, to, err
	}
	id, err := s.Resolve(ctx, args[0])
	if article, v := repo.SplitName(args[0]); err != nil && v != "" && len(args) == 2 {
		// A@1 A@2 and A@1 2 can only mean A 1 2.
		args = []string{article, v, strings.TrimPrefix(args[1], article)}
		id, err = s.Resolve(ctx, article)
	}
	if err != nil {
		return from, to, err
	}
	if from, err = s.Version(ctx, id, strings.TrimPrefix(args[1], "@")); err != nil {
		return from, to, err
	}
	last := "current"
	if len(args) == 3 {
		last = strings.TrimPrefix(args[2], "@")
	}
	to, err = s.Version(ctx, id, last)
	return from, to, err
}

// showDiff prints the diff of two states.
func (a *app) showDiff(style diff.Style, d diff.Article, show diff.ShowOptions, opt diffOptions) error {
	d = only(d, opt.fields)
	if style == diff.Term {
		a.usePager()
	}
	if len(d.Fields) == 0 && (style == diff.Term || style == diff.Plain) {
		a.hint("no difference")
		return nil
	}
	return a.writeArticle(style, d, show, opt)
}

// writeArticle prints a diff of states in its style.
func (a *app) writeArticle(style diff.Style, d diff.Article, show diff.ShowOptions, opt diffOptions) error {
	var b bytes.Buffer
	if err := diff.Write(&b, style, d, show); err != nil {
		return err
	}
	if err := a.writeDiff(style, b.Bytes()); err != nil {
		return err
	}
	if opt.exitOnDiffs && len(d.Fields) > 0 {
		return &quietError{exitFailed}
	}
	return nil
}

// writeDiff writes a diff as package diff made it; JSON with every invisible
// character escaped.
func (a *app) writeDiff(style diff.Style, b []byte) error {
	if style == diff.JSON {
		b = escapeJSON(b)
	}
	_, err := a.out.Write(b)
	return err
}

// only keeps the fields that were asked for; "image" keeps its parts too.
func only(d diff.Article, names []string) diff.Article {
	if len(names) == 0 {
		return d
	}
	kept := d
	kept.Fields = nil
	for _, f := range d.Fields {
		for _, name := range names {
			if f.Name == name || strings.HasPrefix(f.Name, name+".") {
				kept.Fields = append(kept.Fields, f)
				break
			}
		}
	}
	return kept
}

// diffFiles compares two files without a store: as articles where both are, else
// as plain texts.
func (a *app) diffFiles(name1, name2 string, opt diffOptions) error {
	style, show, err := a.showOptions(opt)
	if err != nil {
		return err
	}
	format := schema.Format(opt.as)
	if format != plainText {
		if format, err = formatFlag("--as", opt.as, inputFormats()...); err != nil {
			return err
		}
	}
	f1, err := a.read(name1)
	if err != nil {
		return err
	}
	f2, err := a.read(name2)
	if err != nil {
		return err
	}
	show.From, show.To = name1, name2
	as1, as2 := articleFormat(f1, format), articleFormat(f2, format)
	if as1 == "" || as2 == "" {
		return a.diffTexts(style, f1, f2, show, opt)
	}
	in1, _, err := f1.parse(as1)
	if err != nil {
		return err
	}
	in2, _, err := f2.parse(as2)
	if err != nil {
		return err
	}
	in1.Normalize()
	in2.Normalize()
	return a.showDiff(style, diff.States(&in1.State, &in2.State, diff.Options{NoMoves: opt.noMoves}), show, opt)
}

// plainText is what --as calls a text that is no article.
const plainText schema.Format = "plain"

// articleFormat tells by its name in which format a file is an article; "" is a
// plain text.
func articleFormat(f file, as schema.Format) schema.Format {
	switch ext := strings.ToLower(filepath.Ext(f.name)); {
	case as == plainText:
		return ""
	case as != "":
		return as
	case ext == ".json":
		return schema.FormatJSON
	case ext == ".md" && startsWithFrontMatter(f.content):
		return schema.FormatMarkdown
	}
	return ""
}

func startsWithFrontMatter(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	return bytes.HasPrefix(b, []byte("---\n")) || bytes.HasPrefix(b, []byte("---\r\n"))
}

func (a *app) diffTexts(style diff.Style, f1, f2 file, show diff.ShowOptions, opt diffOptions) error {
	if len(opt.fields) > 0 {
		return &usageError{message: "--field is for articles, and these are plain texts", hint: "say what they are with --as"}
	}
	if style == diff.Term {
		a.usePager()
	}
	text1, text2 := string(f1.content), string(f2.content)
	segs := diff.Texts(text1, text2, diff.Options{NoMoves: opt.noMoves})
	var b bytes.Buffer
	if err := diff.WriteText(&b, style, text1, text2, segs, show); err != nil {
		return err
	}
	if err := a.writeDiff(style, b.Bytes()); err != nil {
		return err
	}
	if opt.exitOnDiffs && text1 != text2 {
		return &quietError{exitFailed}
	}
	return nil
}
