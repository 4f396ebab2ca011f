package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type pullOptions struct {
	resolve, author, note string
	without               bool
}

func (a *app) pullCommand() *cobra.Command {
	var opt pullOptions
	cmd := &cobra.Command{
		Use:   "pull [REMOTE]",
		Short: "Take in what another store has recorded",
		Long: `Take in what a remote has and this store has not. REMOTE is the name of one;
without it the only one there is, or origin.

Where both stores have recorded something, both sides' versions are kept: this
store's keep their numbers, those that arrive get new ones. An article that both
changed, to different states, is a conflict: both states and their word diff are
shown, nothing is changed, and the exit code is 4. Say then which is to stand:
  --resolve ours      what this store says
  --resolve theirs    what the remote says
  --resolve edit      what you make of both, in your editor
The state chosen becomes a version of its own, unless it is current anyway.

Everything that arrives is checked. What doesn't hold is listed, and the exit code
is 1 then, though the pull is done. A remote whose history was rewritten is
refused.`,
		Example: `  stemma pull
  stemma pull desk --resolve edit`,
		Args:              argCount(0, 1, "one REMOTE at most"),
		ValidArgsFunction: a.completeRemote,
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.pull(ctx, s, first(args), opt)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&opt.resolve, "resolve", "", "what is to stand where both sides changed an article: ours, theirs or edit")
	f.StringVar(&opt.author, "author", "", `who merges: "Name <address>" (default $STEMMA_AUTHOR, else git's user)`)
	f.StringVar(&opt.note, "note", "", "why, for the versions by which conflicts are settled")
	withoutGit(cmd, &opt.without)
	fixed(cmd, "resolve", "ours", "theirs", "edit")
	return cmd
}

func (a *app) pull(ctx context.Context, s *repo.Store, remote string, opt pullOptions) error {
	side := repo.Side(opt.resolve)
	switch side {
	case "", repo.Ours, repo.Theirs, repo.Edited:
	default:
		return usagef("--resolve: %q is none of ours, theirs and edit", opt.resolve)
	}
	who, err := a.author(ctx, opt.author)
	if err != nil {
		return err
	}
	p := a.progress("commits")
	o := repo.PullOptions{Git: a.gitProgram(opt.without), Remote: remote, Author: who, Note: opt.note, Resolve: side, Progress: p.of}
	arrived, err := s.Pull(ctx, o)
	p.clear()
	var open *repo.MergeConflictError
	if errors.As(err, &open) && side == repo.Edited {
		if o.Edited, err = a.editConflicts(ctx, o.Git, open); err != nil {
			return err
		}
		arrived, err = s.Pull(ctx, o)
	}
	if errors.As(err, &open) {
		return errors.Join(a.printConflicts(open), err)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.arrivedJSON(arrived)
	}
	return a.printArrived(arrived)
}

func (a *app) printArrived(r *repo.Arrival) error {
	what := count(r.Versions, "version", "versions") + " of " + count(r.Articles, "article", "articles")
	switch {
	case r.UpToDate:
		fmt.Fprintf(a.out, "nothing new at %s\n", line(r.Remote))
	case r.Merged:
		fmt.Fprintf(a.out, "merged %s from %s\n", what, line(r.Remote))
	default:
		fmt.Fprintf(a.out, "pulled %s from %s\n", what, line(r.Remote))
	}
	for _, v := range r.Settled {
		if err := a.printOutcome(repo.Recorded, v, ""); err != nil {
			return err
		}
	}
	return a.printFindings(r)
}

// printFindings lists what doesn't hold of what arrived.
func (a *app) printFindings(r *repo.Arrival) error {
	for _, f := range r.Broken {
		a.hint("can't be read: %s", findingLine(f))
	}
	for _, f := range r.Findings {
		if _, err := fmt.Fprintln(a.out, findingLine(f)); err != nil {
			return err
		}
	}
	if len(r.Findings) > 0 {
		a.hint("%s in what arrived; stemma verify checks the whole store", count(len(r.Findings), "finding", "findings"))
		return &quietError{exitFailed}
	}
	return nil
}

// arrivedJSON prints what a pull or a clone brought as one object.
func (a *app) arrivedJSON(r *repo.Arrival, more ...pair) error {
	store := ""
	if len(more) > 0 {
		store, _ = more[0].value.(string)
	}
	settled := r.Settled
	if settled == nil {
		settled = []repo.Version{}
	}
	err := a.printJSON(struct {
		Store    string         `json:"store,omitempty"`
		Remote   string         `json:"remote"`
		Merged   bool           `json:"merged"`
		Commits  int            `json:"commits"`
		Articles int            `json:"articles"`
		Versions int            `json:"versions"`
		Settled  []repo.Version `json:"settled"`
		Findings []jsonFinding  `json:"findings"`
		Broken   []jsonFinding  `json:"broken"`
	}{store, r.Remote, r.Merged, r.Commits, r.Articles, r.Versions, settled, jsonFindings(r.Findings), jsonFindings(r.Broken)})
	if err == nil && len(r.Findings) > 0 {
		err = &quietError{exitFailed}
	}
	return err
}

// printConflicts shows both states of each article in conflict, and how they differ.
func (a *app) printConflicts(e *repo.MergeConflictError) error {
	style, show, err := a.showOptions(diffOptions{})
	if err != nil {
		return err
	}
	for i := range e.Conflicts {
		c := &e.Conflicts[i]
		if a.json {
			if err := a.printConflictJSON(c); err != nil {
				return err
			}
			continue
		}
		if c.Article.IsZero() {
			fmt.Fprintf(a.out, "conflict  %s  changed on both sides\n", line(c.Path))
			continue
		}
		fmt.Fprintf(a.out, "conflict  %s  %s\n", c.Article, line(c.Ours.Headline))
		for _, v := range []struct {
			side string
			repo.Version
		}{{"ours", c.Ours}, {"theirs", c.Theirs}} {
			fmt.Fprintf(a.out, "  %-6s  %s  %s  %s  %s\n", v.side, v.Seal.Short(), v.Published, line(v.Author.Name), line(v.Headline))
		}
		if err := diff.Write(a.out, style, c.Diff(diff.Options{}), show); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printConflictJSON(c *repo.MergeConflict) error {
	type side struct {
		Version *repo.Version   `json:"version"`
		State   json.RawMessage `json:"state"`
	}
	of := func(v *repo.Version, st *schema.State) *side {
		if st == nil {
			return nil
		}
		return &side{v, bytes.TrimSpace(schema.EncodeJSON(st))}
	}
	return a.printJSON(struct {
		Result  string `json:"result"`
		Article string `json:"article,omitempty"`
		Path    string `json:"path,omitempty"`
		Ours    *side  `json:"ours,omitempty"`
		Theirs  *side  `json:"theirs,omitempty"`
	}{"conflict", c.Article.String(), c.Path, of(&c.Ours, c.OurState), of(&c.Theirs, c.TheirState)})
}

// editConflicts opens each article in conflict in the editor, as git brings both
// sides together, and gives what came of it.
func (a *app) editConflicts(ctx context.Context, git repo.GitProgram, e *repo.MergeConflictError) (map[schema.ID]schema.State, error) {
	editor := or(a.getenv("STEMMA_EDITOR"), or(a.getenv("VISUAL"), a.getenv("EDITOR")))
	if editor == "" {
		return nil, usagef("no editor is named: set $STEMMA_EDITOR, $VISUAL or $EDITOR")
	}
	out := map[schema.ID]schema.State{}
	for i := range e.Conflicts {
		c := &e.Conflicts[i]
		text, _, err := c.Text(ctx, git)
		if err != nil {
			return nil, err
		}
		file, err := writeDraft(c.Article, text)
		if err != nil {
			return nil, err
		}
		st, err := a.editConflict(ctx, editor, file, c)
		if err != nil {
			return nil, withHint(err, "nothing was pulled; your text is kept in %s", file)
		}
		if err := os.Remove(file); err != nil {
			return nil, err
		}
		out[c.Article] = *st
	}
	return out, nil
}

func (a *app) editConflict(ctx context.Context, editor, file string, c *repo.MergeConflict) (*schema.State, error) {
	if err := a.runEditor(ctx, editor, file); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	refused := func(p *schema.Problem) error {
		p.File = editedText
		return p
	}
	for i, l := range bytes.Split(text, []byte("\n")) {
		for _, mark := range []string{"<<<<<<< ", ">>>>>>> "} {
			if bytes.HasPrefix(l, []byte(mark)) {
				return nil, refused(&schema.Problem{Line: i + 1, Reason: "it still holds a mark of the conflict: " + mark})
			}
		}
	}
	in, problem := schema.ParseFile(text)
	if problem == nil && !in.ID.IsZero() && in.ID != c.Article {
		problem = &schema.Problem{Field: "id", Reason: fmt.Sprintf("it was changed to %s, and an article's id never changes", in.ID)}
	}
	if problem == nil {
		in.ID = c.Article
		in.Normalize()
		problem = in.Validate()
	}
	if problem != nil {
		return nil, refused(problem)
	}
	return &in.State, nil
}
