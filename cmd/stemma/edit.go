package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

func (a *app) editCommand() *cobra.Command {
	var opt actorOptions
	cmd := &cobra.Command{
		Use:   "edit ARTICLE",
		Short: "Edit the current version in $EDITOR, then record it",
		Long: `Open the current version of an article in an editor: $STEMMA_EDITOR, else $VISUAL,
else $EDITOR. When the editor ends, the word diff is shown and the text is
recorded. If someone recorded a version meanwhile, or the text is refused,
nothing is recorded and your text is kept in a file that is named.`,
		Example:           `  stemma edit russia-and-estonia --note "names the bridge"`,
		Args:              argCount(1, 1, "one ARTICLE"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.edit(ctx, s, args[0], opt)
		}),
	}
	opt.flags(cmd)
	return cmd
}

func (a *app) edit(ctx context.Context, s *repo.Store, article string, opt actorOptions) error {
	if strings.Contains(article, "@") {
		return usagef("edit works on the current version: name the article alone, or restore %s first", article)
	}
	editor := or(a.getenv("STEMMA_EDITOR"), or(a.getenv("VISUAL"), a.getenv("EDITOR")))
	if editor == "" {
		return usagef("no editor is named: set $STEMMA_EDITOR, $VISUAL or $EDITOR")
	}
	by, err := a.actor(ctx, opt)
	if err != nil {
		return err
	}
	v, st, err := state(ctx, s, article)
	if err != nil {
		return err
	}
	if err := a.warnOfBroken(ctx, s, v.Article); err != nil {
		return err
	}
	if by.IfVersion == "" {
		by.IfVersion = v.Seal.String()
	}
	before := schema.EncodeFile(st)
	file, err := writeDraft(v.Article, before)
	if err != nil {
		return err
	}
	if err := a.runEditor(ctx, editor, file); err != nil {
		return withHint(err, "your text is kept in %s", file)
	}
	after, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if bytes.Equal(before, after) {
		return errors.Join(os.Remove(file), a.printOutcome(repo.Unchanged, v, "nothing was edited"))
	}
	r, err := a.recordEdited(ctx, s, v, st, after, by)
	if err != nil {
		return withHint(err, "your text is kept in %s", file)
	}
	return errors.Join(os.Remove(file), a.printResult(r, ""))
}

// writeDraft puts the text to edit into a new file.
func writeDraft(id schema.ID, content []byte) (string, error) {
	f, err := os.CreateTemp("", "stemma-"+id.String()[:8]+"-*.md")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	return f.Name(), errors.Join(err, f.Close())
}

// editedText is what messages call the file that was open in the editor.
const editedText = "the edited text"

// recordEdited shows what was edited and records it on the version that the
// editor began with.
func (a *app) recordEdited(ctx context.Context, s *repo.Store, v repo.Version, old *schema.State, content []byte, by repo.Actor) (repo.Result, error) {
	in, problem := schema.ParseFile(content)
	if problem == nil && !in.ID.IsZero() && in.ID != v.Article {
		problem = &schema.Problem{Field: "id", Reason: fmt.Sprintf("it was changed to %s, and an article's id never changes", in.ID)}
	}
	if problem != nil {
		problem.File = editedText
		return repo.Result{}, problem
	}
	in.ID = v.Article
	next, _ := schema.Apply(old, &in)
	next.Normalize()
	if !a.json {
		style, show, err := a.showOptions(diffOptions{})
		if err != nil {
			return repo.Result{}, err
		}
		if err := diff.Write(a.out, style, diff.States(old, &next, diff.Options{}), show); err != nil {
			return repo.Result{}, err
		}
	}
	results, err := s.Record(ctx, []repo.Draft{{
		Input: in, Article: v.Article.String(), Author: by.Author, Published: by.Published, Note: by.Note,
		IfVersion: by.IfVersion, File: editedText, Source: repo.SourceOf{Reader: string(schema.FormatMarkdown)},
	}}, repo.RecordOptions{})
	if err != nil {
		return repo.Result{}, err
	}
	return results[0], results[0].Err
}

// runEditor opens a file in an editor and waits for its end.
func (a *app) runEditor(ctx context.Context, editor, file string) error {
	if err := a.out.flush(); err != nil {
		return err
	}
	// As with git, the value is a command with arguments, which the shell reads.
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$@"`, editor, file)
	if runtime.GOOS == "windows" {
		words := append(strings.Fields(editor), file)
		cmd = exec.CommandContext(ctx, words[0], words[1:]...)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.world.out, a.world.err
	cmd.Dir, cmd.Env = a.dir, a.environ
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the editor %q ended badly: %w", editor, err)
	}
	return nil
}
