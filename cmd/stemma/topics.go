package main

import "github.com/spf13/cobra"

// The topics of `stemma help` that are no commands.

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `0    done
1    failed; diff --exit-code: there is a difference; verify: something is wrong
2    wrong usage
3    no such article, version or store, or several that fit (they are listed)
4    conflict: someone recorded first (--if-version); push: the other store holds
     more; pull: an article was changed on both sides
5    input refused: file, line, field and reason are told; the rest was recorded
130  interrupted; what was recorded stays

With --json an error is one object on standard error:
  {"error": {"kind", "message", "file", "line", "field", "hint"}}
kind is failed, usage, no-store, not-found, conflict, refused, broken,
transport, unrelated, no-git or interrupted.`,
	}
}

func articlesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "articles",
		Short: "How an article and a version are named",
		Long: `ARTICLE is any of
  an id, or a unique beginning of one (4 characters or more)
  a slug, or a unique beginning of one       russia-and-estonia
  a page's path or URL, old ones too         /news/2015/09/26/russia-and-....md
  the URL of one of its sources
Where several fit, they are listed and the exit code is 3.

ARTICLE@V is one version of it. V is
  a number                    @1    given in the order of recording
  first, current                    by time of publication
  -1, -2                      @-1   the one before the current one, and so on
  a beginning of its seal     @3fa9c2d1
  a time                      @2018-02-06   @{2018-02-06 13:00}   @{3 days ago}
                              the version that was current then
Quote names with braces or blanks: "russia-and-estonia@{3 days ago}".`,
	}
}

func timesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "times",
		Short: "How times are written, and the two clocks",
		Long: `A version has two times: published, when it was made public, and recorded, when
this store learnt of it. Changes are in the order of publication; log is in the
order of recording.

Every option that takes a time reads it the same way; all times are UTC:
  2018-02-06T13:49:27Z        RFC 3339, with any offset
  2018-02-06 13:49:27, 2018-02-06 13:49
  2018-02-06                  a day
  now, today, yesterday, 3 days ago, 2 hours ago

A day or a minute is a stretch of time. --since means its beginning; --until,
--at and ARTICLE@TIME mean its end. --published keeps a day as a day.

--at TIME asks how things stood by time of publication; --at TIME --recorded
asks what this store knew at that time.`,
	}
}

func jsonTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "json",
		Short: "What --json prints",
		Long: `Every command that prints data takes --json. Keys that would be empty are left
out, times are RFC 3339 in UTC (a day alone where no more is known), and invisible
characters are \u escapes.

A version, one object a line from log, list, related, record, import, restore,
withdraw, link, split and correct:
  {"article", "version", "seal", "commit", "published", "recorded",
   "author": {"name", "email"}, "kinds": [...], "headline", "date", "category",
   "status", "path", "note", "restores", "match", "state",
   "correction": {"type", "text", "from", "to", "author", "recorded"}}
state is first, update or current. What records adds "result" (created, recorded,
unchanged, refused, corrected), "reason", and "twin", the id of an article that a
new one looks like; a refusal has "file", "line" and "field" instead of a version.
related adds "contexts", those that are shared.

Other objects:
  changes  {"article", "versions": [VERSION, ...]}, first to current; a version
           has "corrections", all that lead to it, each with the "fields" of
           the diff that it explains
  day      {"date", "events": [VERSION, ...]}
  show     the state: id, type, date, category, headline, summary, body, byline,
           language, status, image, contexts, sources, aliases, path, ...
  diff     {"article", "from", "to", "corrections": [{"type", "text", "from",
           "to"}], "fields": [{"field", "kinds", "oldText", "newText",
           "segments": [{"op", "old": [start, end], "new": [start, end],
           "pair"}]}]}, offsets in bytes of the texts
  blame    {"article", "version", "fields": [{"field", "text", "runs": [{"start",
           "end", "version", "author", "published", "words"}]}], "versions":
           [VERSION, ...]}; with --totals, instead of fields,
           "totals": [{"author", "version", "published", "words", "versions"}]
  when     {"event": "appeared"|"went"|"came back", "field", "passage": {"text",
           "found": [[start, end], ...]}, "version": VERSION}, one a line, in
           the order of publication; found in bytes of text
  search   {"field", "passage", "stood": [{"from": {"version", "published"},
           "until": {"version", "published"}}], "stands", "score",
           "version": VERSION}, one a line, the best first; without "until"
           it stands still
  verify   {"ok", "objects", "commits", "articles", "versions",
           "findings": [{"article", "version", "commit", "path", "field",
           "reason", "hint"}]}
  init     {"store"}    reindex  {"articles", "problems"}
  demo     {"store", "articles", "versions"}
  errors   stemma help exit-codes`,
	}
}
