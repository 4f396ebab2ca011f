package main

import "github.com/spf13/cobra"

func formatsTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "formats",
		Short: "What the formats of diff hold, and how both sides are read back",
		Long: `With --around all every format holds both texts whole.

term      For a terminal: in colour, struck through and bold, or with the marks of
          plain. Unchanged paragraphs far from a change are folded.
plain     [-old-]{+new+}. Without what stands in {+ +} it is the old text, without
          what stands in [- -] the new one, up to white space. What looks like a
          mark in the text itself is written [\- -\] {\+ +\}: once the marks are
          out, take one backslash away after each [ and {, then one before each ]
          and }, as sed 's/\([[{]\)\\/\1/g; s/\\\([]}]\)/\1/g' does.
html      A fragment with <del> and <ins>, its style sheet in it. What moved is
          linked to its other place. --side-by-side: a table, old beside new.
json      One object: segments with byte offsets into both texts, which it holds.
          Its schema is diff/diff.schema.json of the sources.
markdown  CriticMarkup, {--old--}{++new++}, exact to the byte. A brace of the text
          itself has a backslash before it, and backslashes that stand before a
          brace or a mark are doubled. {>> <<} is a remark, and no text.
unified   What patch and git apply read: of two texts one patch, of articles one for
          each field (--as plain makes texts of them). Exact to the byte.
svg       A picture of the passages that changed, to share.

--stat counts words in place of showing them; --around N shows N unchanged words or
paragraphs (lines that aren't blank) around a change.`,
	}
}
