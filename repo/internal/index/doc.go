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
// so that one article's versions lie side by side in the file, in the order of
// their numbers, and its Changes are one short walk over neighbouring pages.
//
//	meta      one row: the commit covered
//	articles  num → id, count and high-water mark of its numbers, number of its
//	          current version, that version's day, smallest Seq, Seq of the last
//	          version in its chain of seals, where it was linked to, contexts
//	          known without a version
//	versions  key → the columns that something selects by, and data: the whole
//	          [Row] in one blob (row.go), so that reading a version reads two
//	          columns. By seq there is a covering index, which answers the
//	          questions of a log without touching the rows themselves. There is
//	          none by commit: a commit's versions have neighbouring seqs
//	words     interned authors, categories, contexts, folders of paths, and lists
//	          of kinds: the integers in versions, about and leads
//	about     (context, day, article): the contexts of every article now
//	leads     (address, article) → day of the newest version that has the address.
//	          A page path is split into its last component, which comes first, and
//	          its folder: so one row serves the path, the slug and their prefixes
//	files     paths of files that stand elsewhere than at their article's own
//	corrections, problems
//
// Each version's blob also lists the words of its contexts, and its addresses: what is known of an article as a whole (its row in articles, its rows
// in about and leads) can be computed again from its versions alone, and is, when
// versions move to another article.
//
// Times are Unix seconds; a time that is not known counts as the first second of
// year 1. Dates are integers such as 20150926, "" is 0.
//
// A full-text table belongs beside versions, with key as its rowid: adding one is
// a CREATE in layout.go, a new format number, and one INSERT in [Tx.AddVersion].
//
// # What it costs
//
// From "go test -bench . ./repo/internal/index" with 100,500 versions of 20,001
// articles, on two cores that others were using too (November 2026):
//
//	adding a version in a rebuild          27–34 µs (73 MB in all, 730 bytes a version)
//	Open, Versions of 500, Close           1.2 ms; as a whole process 3.5 ms of CPU
//	                                       above one that does nothing
//	Versions of 500 · of 5                 1.2 ms · 30 µs
//	Current · AsOf · Aliases · BySeal      12 · 30 · 29 · 16 µs
//	Days · OnDate · Related                41 · 71 · 210 µs
//	Log, 20 newest · none of all match     75 µs · 31 ms
//
// # Format and damage
//
// PRAGMA user_version holds the format. A file of another format, a file that is
// no database, or one whose schema cannot be read, is emptied by Open with SQLite's
// own reset, which is safe even while another process has the file open; damage
// that shows itself later comes as [ErrDamaged], and [Empty] mends it. Both leave
// an index that covers nothing ([Reader.Tip] is zero), to be filled from git.
package index
