package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

type importOptions struct {
	author  string
	dryRun  bool
	verbose bool
}

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FORMAT PATH...",
		Short: "Record many states at once",
		Long: `Record many states at once. Each is recorded as record would; what is refused is
told on stderr with its line, field and reason, the others are recorded, and the
exit code is 5. Running an import again, also after it was interrupted, adds only
what is missing.`,
		Args: func(_ *cobra.Command, args []string) error {
			e := &usageError{message: "import wants a FORMAT: pages or jsonl", command: "import"}
			if len(args) > 0 {
				e.message = fmt.Sprintf("no format %q to import: pages or jsonl is wanted", args[0])
			}
			return e
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused already
	}
	cmd.AddCommand(a.importPagesCommand(), a.importJSONLCommand())
	return cmd
}

func (o *importOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.author, "author", "", `who is named where a state names nobody: "Name <address>"`)
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be recorded, record nothing")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "a line for every state, as record prints them")
}

func (a *app) importPagesCommand() *cobra.Command {
	var opt importOptions
	var history bool
	cmd := &cobra.Command{
		Use:   "pages PATH...",
		Short: "Import event pages: files, or folders of them",
		Long: `Import event pages. Of a folder, every .md file below it is read but index.md and
README.md, in the order of their paths. A page's Changes list makes the earlier
versions too, of which only headline, path and time are known.

With --history, PATH is a git repository of pages, and every commit of its current
branch is imported, oldest first: the commit's author, time and message become the
version's author, time of publication and note.`,
		Example: `  stemma import pages news/2015/09
  stemma import pages --history mirror.git`,
		Args: argCount(1, -1, "at least one PATH"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			if history {
				return a.importHistory(ctx, s, args, opt)
			}
			return a.importPages(ctx, s, args, opt)
		}),
	}
	cmd.Flags().BoolVar(&history, "history", false, "PATH is a git repository: import its pages at every commit")
	opt.flags(cmd)
	return cmd
}

func (a *app) importPages(ctx context.Context, s *repo.Store, paths []string, opt importOptions) error {
	for _, path := range paths {
		info, err := os.Stat(a.path(path))
		if err != nil {
			return renamed(err, path)
		}
		if info.IsDir() && ingest.IsRepository(ctx, a.path(path), a.environ) {
			a.hint("%s is a git repository: --history imports its past too", path)
		}
	}
	files, err := ingest.PageFiles(a.relativePaths(paths))
	if err != nil {
		return err
	}
	work := &importWork{app: a, opt: opt, progress: a.progress("pages"), total: int64(len(files))}
	return work.run(ctx, s, ingest.Pages(files, s.KnownContexts(ctx)), true)
}

func (a *app) importHistory(ctx context.Context, s *repo.Store, paths []string, opt importOptions) error {
	known := s.KnownContexts(ctx)
	items := func(yield func(ingest.Item, error) bool) {
		for _, path := range paths {
			for item, err := range ingest.PageHistory(ctx, a.path(path), a.environ, known) {
				if !yield(item, err) {
					return
				}
			}
		}
	}
	work := &importWork{app: a, opt: opt, progress: a.progress("pages")}
	return work.run(ctx, s, items, false)
}

// relativePaths leaves names as they were typed where the process stands in the
// folder that they are relative to, so that messages name files as typed.
func (a *app) relativePaths(names []string) []string {
	if dir, err := os.Getwd(); err == nil && dir == a.dir {
		return names
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = a.path(name)
	}
	return out
}

func (a *app) importJSONLCommand() *cobra.Command {
	var opt importOptions
	cmd := &cobra.Command{
		Use:   "jsonl FILE...|-",
		Short: "Import a stream of states, one JSON object a line",
		Long: `Import streams of states, one JSON object a line, with the keys of show --format
json and beside them published, author {name, email}, note, and key: the source's
own key for the article, from which its id is derived. Lines with the same key, or
the same id, are versions of one article, in the order of the lines.`,
		Example: `  stemma import jsonl events.jsonl
  xz -dc events.jsonl.xz | stemma import jsonl -`,
		Args: argCount(1, -1, "at least one FILE, or -"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.importJSONL(ctx, s, args, opt)
		}),
	}
	opt.flags(cmd)
	return cmd
}

func (a *app) importJSONL(ctx context.Context, s *repo.Store, names []string, opt importOptions) error {
	work := &importWork{app: a, opt: opt, progress: a.progress("states"), byBytes: true}
	for _, name := range names {
		if name == "-" {
			work.total = 0
			break
		}
		info, err := os.Stat(a.path(name))
		if err != nil {
			return renamed(err, name)
		}
		work.total += info.Size()
	}
	return work.run(ctx, s, a.streams(names), false)
}

// streams reads the streams one after the other.
func (a *app) streams(names []string) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		for _, name := range names {
			if !a.stream(name, yield) {
				return
			}
		}
	}
}

func (a *app) stream(name string, yield func(ingest.Item, error) bool) bool {
	r, shown := a.in, "stdin"
	if name != "-" {
		f, err := os.Open(a.path(name))
		if err != nil {
			yield(ingest.Item{}, renamed(err, name))
			return false
		}
		defer f.Close()
		r, shown = io.Reader(f), name
	}
	for item, err := range ingest.JSONL(r, shown) {
		if !yield(item, err) {
			return false
		}
	}
	return true
}

// importWork is one import under way.
type importWork struct {
	*app
	opt      importOptions
	progress *progress
	total    int64 // files, or bytes where byBytes; 0 is not known
	byBytes  bool

	seen                            int   // states read
	done                            int64 // files or bytes read
	before                          int64 // bytes of the streams before this one
	lastFile                        string
	lastOffset                      int64
	created, recorded, same, refuse int
	failed                          error
}

func (w *importWork) run(ctx context.Context, s *repo.Store, items iter.Seq2[ingest.Item, error], earlier bool) error {
	author, err := w.author(ctx, w.opt.author)
	if err != nil {
		return err
	}
	drafts := func(yield func(repo.Draft, error) bool) {
		for item, err := range items {
			w.advance(item)
			if !yield(draftOf(item, author), err) {
				return
			}
		}
	}
	err = s.Import(ctx, drafts, repo.RecordOptions{DryRun: w.opt.dryRun, Earlier: earlier}, w.each)
	w.progress.clear()
	w.summary()
	if err != nil {
		return err
	}
	return w.failed
}

// draftOf makes a draft of what a reader yielded. Who a state names as its author
// goes before who runs the import.
func draftOf(item ingest.Item, author schema.Person) repo.Draft {
	if item.Input.Author != (schema.Person{}) {
		author = item.Input.Author
	}
	return repo.Draft{
		Input: item.Input, Author: author, File: item.File,
		Source: repo.SourceOf{SHA256: item.SHA256, Reader: string(item.Reader), Address: item.File},
	}
}

func (w *importWork) advance(item ingest.Item) {
	w.seen++
	switch {
	case !w.byBytes:
		w.done++
	case item.File != "":
		if item.File != w.lastFile {
			w.before += w.lastOffset
			w.lastFile = item.File
		}
		w.lastOffset = item.Offset
		w.done = w.before + item.Offset
	}
	share := 0.0
	if w.total > 0 {
		share = float64(w.done) / float64(w.total)
	}
	w.progress.at(w.seen, share)
}

// each tells what became of one state.
func (w *importWork) each(r repo.Result) {
	for _, v := range r.Earlier {
		if earlierOutcome(v) == repo.Created {
			w.created++
		} else {
			w.recorded++
		}
	}
	switch r.Outcome {
	case repo.Created:
		w.created++
	case repo.Recorded:
		w.recorded++
	case repo.Unchanged:
		w.same++
	default:
		w.refuse++
	}
	if r.Err == nil && !w.opt.verbose && !w.json {
		return
	}
	w.progress.clear()
	err := w.printResult(r, problemFile(r.Err))
	w.failed = worse(w.failed, err)
}

// problemFile gives the name that a refusal carries itself.
func problemFile(err error) string {
	var p *schema.Problem
	if errors.As(err, &p) {
		return p.File
	}
	return ""
}

func (w *importWork) summary() {
	verb := ""
	if w.opt.dryRun {
		verb = "would be: "
	}
	w.hint("%s%d created, %d recorded, %d unchanged, %d refused", verb, w.created, w.recorded, w.same, w.refuse)
}
