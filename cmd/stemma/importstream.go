package main

import (
	"context"
	"io"
	"iter"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
)

const packedHelp = `
A stream that is packed with gzip, bzip2, xz or zstd is unpacked on the way,
whatever its name. One that grows more than a thousandfold is taken for a bomb;
--max-ratio N raises that bound.`

func (a *app) importJSONLCommand() *cobra.Command {
	var opt importOptions
	var jsonl ingest.JSONLOptions
	streams := &packedStreams{app: a}
	cmd := &cobra.Command{
		Use:   "jsonl FILE...|-",
		Short: "Import a stream of states, one JSON object a line",
		Long: `Import streams of states, one JSON object a line, with the keys of show --format
json and beside them published, author {name, email}, note, and key: the source's
own key for the article, from which its id is derived. Lines with the same key, or
the same id, are versions of one article, in the order of the lines.

A line may also be a revision of a document: doc (its name), time, author, msg, and
text, Markdown or plain; null withdraws it. The headline is the title in the front
matter, else the first heading, else the document's name. Its key is the stream's
name (the file's, up to the first dot, or --name) and doc. A text that is no UTF-8
stands base64-encoded under b64 in place of text; --encoding, or the line's own
encoding, says how to read it.
` + packedHelp,
		Example: `  stemma import jsonl events.jsonl laws.revs.jsonl.xz
  cat laws.revs.jsonl.xz | stemma import jsonl --name laws -`,
		Args: argCount(1, -1, "at least one FILE, or -"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			if err := checkEncoding(jsonl.Encoding); err != nil {
				return err
			}
			streams.read = func(r io.Reader, shown string) iter.Seq2[ingest.Item, error] {
				return ingest.JSONLWith(r, shown, jsonl)
			}
			return streams.run(ctx, s, args, opt)
		}),
	}
	cmd.Flags().StringVar(&jsonl.Stream, "name", "", "the stream's name in the keys of its documents (default: the file's, up to the first dot)")
	cmd.Flags().StringVar(&jsonl.Encoding, "encoding", "", "the encoding of texts that are no UTF-8, such as ISO-8859-1 (default: they are refused)")
	streams.flags(cmd)
	opt.flags(cmd)
	return cmd
}

func (a *app) importMediaWikiCommand() *cobra.Command {
	var opt importOptions
	streams := &packedStreams{app: a}
	cmd := &cobra.Command{
		Use:   "mediawiki FILE...|-",
		Short: "Import an XML dump of a wiki with its history",
		Long: `Import XML dumps of a wiki, as Special:Export and the dump scripts write them
(export-0.1 to 0.11), with every revision in them. A page becomes an article whose
body is its wikitext as it stands; contributor, comment and timestamp become author,
note and time of publication, and "(minor edit)" ends the note of a minor one.

A revision that the store has is known again by its number, also when its page was
moved since: a newer dump adds what is new, and the new title from there on.

A file is read twice, the first time for its redirects: the titles that lead to a
page, old ones among them, become its aliases. From stdin (-) there are none.
` + packedHelp,
		Example: `  stemma import mediawiki enwiki-history.xml.bz2`,
		Args:    argCount(1, -1, "at least one FILE, or -"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return streams.runMediaWiki(ctx, s, args, opt)
		}),
	}
	streams.flags(cmd)
	opt.flags(cmd)
	return cmd
}

// packedStreams reads files, or stdin, one after the other, and unpacks them.
type packedStreams struct {
	*app
	opt   ingest.UnpackOptions
	read  func(r io.Reader, shown string) iter.Seq2[ingest.Item, error]
	known *knownRevisions // of a wiki's pages; else nil
	done  atomic.Int64    // bytes read of all files, packed as they are
}

func (p *packedStreams) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.opt.MaxRatio, "max-ratio", 0, "how many bytes one packed byte may grow to; -1: any number (default 1000)")
}

func (p *packedStreams) run(ctx context.Context, s *repo.Store, names []string, opt importOptions) error {
	work := &importWork{app: p.app, opt: opt, progress: p.progress("states").everywhere(), known: p.known}
	for _, name := range names {
		if name == "-" {
			work.total = 0
			break
		}
		info, err := os.Stat(p.path(name))
		if err != nil {
			return renamed(err, name)
		}
		work.total += info.Size()
	}
	work.position = func(ingest.Item) int64 { return p.done.Load() }
	return work.run(ctx, s, p.items(names), false)
}

func (p *packedStreams) items(names []string) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		for _, name := range names {
			r, shown, err := p.open(name)
			if err != nil {
				yield(ingest.Item{}, err)
				return
			}
			for item, err := range p.read(r, shown) {
				if !yield(item, err) {
					r.Close()
					return
				}
			}
			r.Close()
		}
	}
}

// runMediaWiki imports each dump with the redirects that it holds.
func (p *packedStreams) runMediaWiki(ctx context.Context, s *repo.Store, names []string, opt importOptions) error {
	redirects := map[string]map[string][]string{}
	for _, name := range names {
		if name == "-" {
			continue
		}
		r, shown, err := p.open(name)
		if err != nil {
			return err
		}
		redirects[shown], err = ingest.MediaWikiRedirects(r, shown)
		r.Close()
		if err != nil {
			return err
		}
	}
	p.done.Store(0)
	p.known = &knownRevisions{store: s}
	p.read = func(r io.Reader, shown string) iter.Seq2[ingest.Item, error] {
		return ingest.MediaWiki(r, shown, redirects[shown])
	}
	return p.run(ctx, s, names, opt)
}

// open opens a file, or stdin, and gives the name to show.
func (p *packedStreams) open(name string) (io.ReadCloser, string, error) {
	file, shown := io.NopCloser(p.in), "stdin"
	if name != "-" {
		f, err := os.Open(p.path(name))
		if err != nil {
			return nil, name, renamed(err, name)
		}
		file, shown = f, name
	}
	plain, err := ingest.Open(shown, io.TeeReader(file, counter{&p.done}), p.opt)
	if err != nil {
		file.Close()
		return nil, shown, err
	}
	return &openStream{plain, file}, shown, nil
}

// openStream closes the file below the stream that is unpacked from it.
type openStream struct {
	io.ReadCloser
	file io.Closer
}

func (s *openStream) Close() error {
	s.ReadCloser.Close()
	return s.file.Close()
}

// counter counts the bytes written to it.
type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

func (a *app) importGitCommand() *cobra.Command {
	var opt importOptions
	var history ingest.RepositoryOptions
	cmd := &cobra.Command{
		Use:   "git PATH...",
		Short: "Import a git repository of Markdown with its history",
		Long: `Import the Markdown files of git repositories at every commit of the current branch
and of what was merged into it. Author, author date and message are kept; a file
keeps its article through renames, and a deletion withdraws it. Of a PATH inside a
repository, the files below it are imported. The headline is the title in the front
matter, else the first heading, else the file's path. A file that is no UTF-8 is
refused, unless --encoding says how to read it.

Repositories are read with the git program.`,
		Example: `  stemma import git ~/src/handbook
  stemma import git blog/content/posts`,
		Args: argCount(1, -1, "at least one PATH"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.importGit(ctx, s, args, opt, history)
		}),
	}
	cmd.Flags().StringVar(&history.Encoding, "encoding", "", "the encoding of files that are no UTF-8, such as ISO-8859-1 (default: they are refused)")
	opt.flags(cmd)
	return cmd
}

// checkEncoding refuses an encoding that is named and not known.
func checkEncoding(name string) error {
	if name == "" {
		return nil
	}
	if err := ingest.CheckEncoding(name); err != nil {
		return usagef("--encoding: %s", err)
	}
	return nil
}

func (a *app) importGit(ctx context.Context, s *repo.Store, paths []string, opt importOptions, history ingest.RepositoryOptions) error {
	if err := checkEncoding(history.Encoding); err != nil {
		return err
	}
	work := &importWork{app: a, opt: opt, progress: a.progress("states").everywhere()}
	for _, path := range paths {
		n, err := ingest.CommitCount(ctx, a.path(path), a.environ)
		if err != nil {
			return err
		}
		work.total += n
	}
	far := int64(0)
	work.position = func(item ingest.Item) int64 {
		far = max(far, item.Offset) // what is refused has no offset
		return far
	}
	items := func(yield func(ingest.Item, error) bool) {
		before := int64(0) // commits of the repositories before this one
		for _, path := range paths {
			last := before
			for item, err := range ingest.Repository(ctx, a.path(path), a.environ, history) {
				item.Offset += before
				last = max(last, item.Offset)
				if !yield(item, err) {
					return
				}
			}
			before = last
		}
	}
	return work.run(ctx, s, items, false)
}
