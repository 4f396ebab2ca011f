// Package index keeps what can be derived from a store's git history in a form
// that answers quickly: versions, addresses, contexts, days. It is a cache in one
// SQLite file. It holds nothing that git does not hold, it names the commit that
// it covers, and it may be deleted at any time.
//
// [Open] gives a [DB], whose [Reader] methods answer; [DB.Begin] gives a [Tx],
// which answers too and writes. Whoever fills the index moves the commit it covers
// ([Tx.SetTip]) in the transaction that adds what the commit brought, so that a
// reader never sees the one without the other. Several processes may read while
// one writes. No other package knows that the engine is SQLite.
//
// # The tables
//
// An article has a small integer, its num, and a version the integer
//
//	key = num<<24 | number
//
// so that one article's versions lie side by side in their table, in the order of
// their numbers.
//
//	meta      one row: the commit covered, and the last place before which something
//	          happened that [Tx.Cut] can't undo
//	articles  num → id, count and high-water mark of its numbers, number, place and
//	          day of its current version, smallest Seq, Seq of the last version in
//	          its chain of seals, where it was linked to, contexts known without a
//	          version and the place after which they came
//	data      seq → the whole [Row] in one blob (row.go)
//	log       seq → key, and what a log selects by: narrow, so that what is filtered
//	          out is passed over quickly. No index is kept by commit: a commit's
//	          versions have neighbouring seqs
//	versions  key → seq, both times, the beginning of the content's digest. Those with a
//	          number above 16 are also found by their place in the order of publication,
//	          and by that among the versions that say the same (place.go)
//	seals     (the beginning of a seal, seq)
//	dated     (day, article): the articles that have a version of that date
//	words     interned authors, categories, contexts, folders of paths, and lists
//	          of kinds: the integers in log, about and leads
//	about     (context, day, article): the contexts of every article now
//	leads     (address, article) → day of the newest version that has the address.
//	          A page path is split into its last component, which comes first, and
//	          its folder: so one row serves the path, the slug and their prefixes
//	files     paths of files that stand elsewhere than at their article's own
//	moved     which article stood at such a path before, for Cut
//	corrections, problems
//	passages  seq → which words the version brought and took, as they stand in print
//	phrases   seq → the same as terms, in a full-text table without content (words.go),
//	          whose pages [Diff] reads itself (postings.go)
//	lost      versions that rewritten history dropped, until they are named
//
// What is wide, data and log, stands in the order of recording: however many articles
// there are, a new version is added at the end. What is sorted otherwise is narrow,
// and a transaction writes it late, in the order of its table, sixteen rows a statement
// (held.go). At a million versions
// of 200,000 articles in random order that makes the difference between writing a page
// for every row and writing one for dozens ([Tx.Bulk]).
//
// Each version's blob also lists the words of its contexts, and its addresses: what
// is known of an article as a whole (its row in articles, its rows in about, dated and
// leads) can be computed again from its versions alone, and is, when versions move to
// another article or are cut off.
//
// Times are Unix seconds; a time that is not known counts as the first second of
// year 1. Dates are integers such as 20150926, "" is 0.
//
// # What it costs
//
// Measured with a million versions of 200,000 articles in random order, each with the
// questions that an import asks, while some thirty other processes shared the two
// cores (November 2026); alone on them it is a good deal quicker. Compare within one
// run: "go test -run xxx -bench 'Import|Plain' -versions 1000000 ./repo/internal/index".
//
//	adding a version, in bulk              84 µs of CPU, at the end as at the start
//	                                       (100,000: 43 µs; a plain loop of INSERTs 74)
//	size                                   670 bytes a version; log 210 MB at most
//	Open, one question, Close              0.5–3 ms of CPU, 12 MB
//	counting all                           59 ms of CPU, 16 MB
//
// # Format and damage
//
// PRAGMA user_version holds the format. A file of another format, a file that is
// no database, or one whose schema cannot be read, is emptied by Open with SQLite's
// own reset, which is safe even while another process has the file open; damage
// that shows itself later comes as [ErrDamaged], and [Empty] mends it. Both leave
// an index that covers nothing ([Reader.Tip] is zero), to be filled from git.
package index
