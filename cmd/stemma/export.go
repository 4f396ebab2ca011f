package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

const exportFormats = "jsonl, mediawiki or git"

func (a *app) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export FORMAT [ARTICLE...]",
		Short: "Write all versions for other programs",
		Long: `Write every version of the articles named, or of all of them, for other programs:
to stdout, or to a file with -o.`,
		Args: func(_ *cobra.Command, args []string) error {
			e := &usageError{message: "export wants a FORMAT: " + exportFormats, command: "export"}
			if len(args) > 0 {
				e.message = fmt.Sprintf("no format %q to export: %s is wanted", args[0], exportFormats)
			}
			return e
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused already
	}
	cmd.AddCommand(a.exportJSONLCommand(), a.exportMediaWikiCommand(), a.exportGitCommand())
	return cmd
}

func (a *app) exportJSONLCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "jsonl [ARTICLE...]",
		Short: "Write a stream of states, one JSON object a line",
		Long: `Write every version as one JSON object a line, article by article, in the order of
recording, with published, author and note, and under recorded_as what this store
says of it: version, seal, recorded, known (the fields that are known, where others
are not), and correction {type, text, author, recorded}.

Imported into another store, the stream gives the same articles and versions under
the same ids, with their corrections; imported into this one, it adds nothing. When
a version was recorded, and its seal, are each store's own: they are for readers,
and not taken over.`,
		Example:           `  stemma export jsonl -o all.jsonl`,
		ValidArgsFunction: a.completeArticle(),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.exportJSONL(ctx, s, args, file)
		}),
	}
	outputFlag(cmd, &file)
	return cmd
}

func (a *app) exportMediaWikiCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "mediawiki [ARTICLE...]",
		Short: "Write an XML dump for a wiki's Special:Import",
		Long: `Write every version as a revision of a page, in MediaWiki's export format 0.11.
Pages that came from a wiki go out as they came. Another article's page is named
for its current headline, with the signs that no title may hold replaced; each of
its revisions holds its own headline, summary, body and sources. Authors whose
names no user of a wiki may have are written "stemma>NAME".

A wiki takes no text longer than its $wgMaxArticleSize, 2 MiB if nothing is set.`,
		Example:           `  stemma export mediawiki anarchism -o anarchism.xml`,
		ValidArgsFunction: a.completeArticle(),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.exportMediaWiki(ctx, s, args, file)
		}),
	}
	outputFlag(cmd, &file)
	return cmd
}

func (a *app) exportGitCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "git",
		Short: "Write the store's history as a stream for git fast-import",
		Long: `Write the store's whole history as a stream for git fast-import, with the git
program. (To go on working with it, clone the store: it is a git repository.)`,
		Example: `  stemma export git | git -C elsewhere.git fast-import`,
		Args:    argCount(0, 0, "no ARTICLE: the whole history is written"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error {
			return a.exportTo(file, func(w io.Writer) error { return ingest.WriteGit(ctx, w, s.Dir(), a.environ) })
		}),
	}
	outputFlag(cmd, &file)
	return cmd
}

func outputFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "output", "o", "", "the file to write (default stdout)")
}

// exportTo lets write fill a file, which has its name only once it is whole, or
// stdout. A terminal is no place for what another program reads: content could say
// anything to it.
func (a *app) exportTo(file string, write func(io.Writer) error) (err error) {
	if file == "" || file == "-" {
		if a.outTerminal {
			return &usageError{message: "an export is not for a terminal", hint: "name a file with -o FILE, or pipe it into a program", command: "export"}
		}
		return write(a.out)
	}
	name := a.path(file)
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriterSize(f, 256<<10)
	if err := write(buffered); err != nil {
		return err
	}
	if err := errors.Join(buffered.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return os.Rename(f.Name(), name)
}

// exportArticles gives the articles named, each once, or all of them.
func exportArticles(ctx context.Context, s *repo.Store, names []string) ([]repo.Version, error) {
	if len(names) == 0 {
		return s.List(ctx, repo.ListFilter{})
	}
	var out []repo.Version
	for _, name := range names {
		v, err := s.ResolveVersion(ctx, name)
		if err != nil {
			return nil, err
		}
		if article, version := repo.SplitName(name); version != "" {
			return nil, usagef("an export writes whole articles: say %s, not %s", article, name)
		}
		if !slices.ContainsFunc(out, func(o repo.Version) bool { return o.Article == v.Article }) {
			out = append(out, v)
		}
	}
	return out, nil
}

// exported is a version on its way out, with its state and what a stream says
// beside it.
type exported struct {
	schema.Input
	version repo.Version
}

// exportVersions gives an article's versions in the order of recording.
func exportVersions(ctx context.Context, s *repo.Store, id schema.ID) iter.Seq2[*exported, error] {
	return func(yield func(*exported, error) bool) {
		versions, err := s.Changes(ctx, id)
		if err != nil {
			yield(nil, err)
			return
		}
		slices.SortFunc(versions, func(x, y repo.Version) int { return cmp.Compare(x.Number, y.Number) })
		for _, v := range versions {
			st, err := s.State(ctx, v)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			out := &exported{schema.Input{State: *st, Published: v.Published, Author: v.Author, Note: v.Note}, v}
			out.ID = v.Article
			if !yield(out, nil) {
				return
			}
		}
	}
}

// recordedAs says what this store knows of a version beside its state.
func recordedAs(v *repo.Version) *ingest.RecordedAs {
	as := &ingest.RecordedAs{Version: v.Number, Seal: v.Seal.String(), Recorded: v.Recorded.UTC().Format(time.RFC3339)}
	if v.Known != schema.AllFields {
		for _, info := range schema.Table() {
			if v.Known.Has(info.Field) {
				as.Known = append(as.Known, info.Name)
			}
		}
	}
	if c := v.Correction; c != nil {
		as.Correction = &ingest.Correction{Type: string(c.Type), Text: c.Text,
			Author: ingest.CorrectionAuthor(c.Author), Recorded: c.Recorded.UTC().Format(time.RFC3339)}
	}
	return as
}

func (a *app) exportJSONL(ctx context.Context, s *repo.Store, names []string, file string) error {
	articles, err := exportArticles(ctx, s, names)
	if err != nil {
		return err
	}
	p := a.progress("versions")
	defer p.clear()
	return a.exportTo(file, func(w io.Writer) error {
		n := 0
		for i := range articles {
			for in, err := range exportVersions(ctx, s, articles[i].Article) {
				if err != nil {
					return err
				}
				if _, err := w.Write(escapeJSON(ingest.EncodeVersion(&in.Input, recordedAs(&in.version)))); err != nil {
					return err
				}
				n++
				p.at(n, float64(i)/float64(len(articles)))
			}
		}
		return nil
	})
}

func (a *app) exportMediaWiki(ctx context.Context, s *repo.Store, names []string, file string) error {
	articles, err := exportArticles(ctx, s, names)
	if err != nil {
		return err
	}
	p := a.progress("versions")
	defer p.clear()
	return a.exportTo(file, func(w io.Writer) error {
		var first *schema.State
		if len(articles) > 0 {
			if first, err = s.State(ctx, articles[0]); err != nil {
				return err
			}
		}
		dump := ingest.NewMediaWikiWriter(w, first)
		n := 0
		for i := range articles {
			current, err := s.State(ctx, articles[i])
			if err != nil {
				return err
			}
			dump.Page(current)
			for in, err := range exportVersions(ctx, s, articles[i].Article) {
				if err != nil {
					return err
				}
				src, err := s.Source(ctx, in.version)
				if err != nil {
					return err
				}
				dump.Revision(&in.Input, ingest.RevisionOf(src.Address))
				n++
				p.at(n, float64(i)/float64(len(articles)))
			}
		}
		return dump.Close()
	})
}
