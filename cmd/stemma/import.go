package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime/debug"
	"sync"

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

// importFormats names the formats in messages.
const importFormats = "pages, jsonl, git or mediawiki"

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FORMAT PATH...",
		Short: "Record many states at once",
		Long: `Record many states at once. Each is recorded as record would; what is refused is
told on stderr with its line, field and reason, the others are recorded, and the
exit code is 5. Running an import again, also after it was interrupted, adds only
what is missing.`,
		Args: func(_ *cobra.Command, args []string) error {
			e := &usageError{message: "import wants a FORMAT: " + importFormats, command: "import"}
			if len(args) > 0 {
				e.message = fmt.Sprintf("no format %q to import: %s is wanted", args[0], importFormats)
			}
			return e
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused already
	}
	cmd.AddCommand(a.importPagesCommand(), a.importJSONLCommand(), a.importGitCommand(), a.importMediaWikiCommand())
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
	work := &importWork{app: a, opt: opt, progress: a.progress("pages").everywhere(), total: int64(len(files))}
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
	work := &importWork{app: a, opt: opt, progress: a.progress("pages").everywhere()}
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

// importWork is one import under way. The store reads the stream in one goroutine
// and tells what became of it in another; mu guards what both touch.
type importWork struct {
	*app
	mu sync.Mutex

	opt      importOptions
	progress *progress
	total    int64 // how far the work goes; 0 is not known

	// position says how far a state stands on the way to total; nil counts states.
	position func(ingest.Item) int64

	known   *knownRevisions      // what is passed over before it is recorded; nil where nothing is
	due     []*ingest.Correction // of the states that were handed over and not answered yet, in order
	correct []boundCorrection    // what is still to be recorded

	seen                            int // states read
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
			if err == nil {
				known, failed := w.unlessKnown(ctx, &item)
				if known {
					continue
				}
				err = failed
			}
			draft := draftOf(item, author)
			w.await(takeCorrection(item, &draft))
			if !yield(draft, err) {
				return
			}
		}
	}
	defer boundMemory(importMemory)()
	err = s.Import(ctx, drafts, repo.RecordOptions{DryRun: w.opt.dryRun, Earlier: earlier}, w.each)
	w.progress.clear()
	if err == nil && !w.opt.dryRun {
		err = w.bindCorrections(ctx, s)
	}
	w.summary()
	if err != nil {
		return err
	}
	return w.failed
}

// importMemory is how many bytes of memory an import may come to hold before unused
// ones are looked for more often: what it needs grows slowly with the store, and the
// collector would let as much again lie idle. The index takes some 150 MB beside it.
const importMemory = 1200 << 20

// boundMemory sets a soft bound, unless one that is lower was set by who started the
// program, and returns what takes it back.
func boundMemory(most int64) (takeBack func()) {
	was := debug.SetMemoryLimit(-1)
	if was > most {
		debug.SetMemoryLimit(most)
	}
	return func() { debug.SetMemoryLimit(was) }
}

// draftOf makes a draft of what a reader yielded. Who a state names as its author
// goes before who runs the import.
func draftOf(item ingest.Item, author schema.Person) repo.Draft {
	if item.Input.Author != (schema.Person{}) {
		author = item.Input.Author
	}
	address := item.Address
	if address == "" {
		address = item.File
	}
	return repo.Draft{
		Input: item.Input, Author: author, File: item.File,
		Source: repo.SourceOf{SHA256: item.SHA256, Reader: string(item.Reader), Address: address},
	}
}

// await notes the correction, if there is one, of a state that is handed over now.
func (w *importWork) await(c *ingest.Correction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = append(w.due, c)
}

func (w *importWork) advance(item ingest.Item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen++
	done := int64(w.seen)
	if w.position != nil {
		done = w.position(item)
	}
	share := 0.0
	if w.total > 0 {
		share = float64(done) / float64(w.total)
	}
	w.progress.at(w.seen, share)
}

// each takes what became of one state that was handed over.
func (w *importWork) each(r repo.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) > 0 {
		if c := w.due[0]; c != nil && r.Err == nil {
			w.correct = append(w.correct, boundCorrection{r.Version, c})
		}
		w.due = w.due[1:]
	}
	w.tell(r)
}

// tell counts what became of one state, and says it where that is asked for.
func (w *importWork) tell(r repo.Result) {
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
