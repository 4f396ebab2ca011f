// Package match decides which article a state belongs to that says nothing of its
// id. [Decide] is the whole of it.
//
// A wrong merge writes one event's news into another's history; a missed one makes
// a second article and reports the first as its likely twin, and linking the two
// later loses nothing. So whatever is not certain is new.
//
// The rules are tried in order. Their names are those in a version's Stemma-Match
// trailer:
//
//   - id: the state names its article.
//   - path: the path that a source gave leads to one article; or the path that
//     follows from date and headline does, and the article there has no sources, or
//     the state has none, or they have one in common. An article with other sources
//     whose headline came to the same slug is another one.
//   - alias: a guid or another address leads to one article.
//   - source: on that date an article cited, at any time, one of the state's
//     sources, and the new headline is enough like one that it ever had; and no
//     other such article comes near.
//   - likeness: on that date an article ever had all but the same headline. No
//     figure and no name stands in one and not in the other; other sources forbid
//     it, unless the headline is longer than chance allows.
//   - new: anything else. The nearest article of the date is reported as its twin
//     where it is near enough.
//
// How alike two headlines are is the mean of two shares (Dice): of the words they
// have in common, and of those they have in common in the same order. A revision
// leaves most words in their places, even a heavy one; another desk's report of
// another event of the same war has the same words elsewhere. Where each headline
// has a name that the other lacks, more is wanted; where beside that the one source
// they share is a live blog, nothing is enough.
//
// What the rules do not weigh, and why: the category and the contexts, which are
// changed while the event stays; the summary and the picture, which often come from
// the source's own page and then are equal for every event that cites it; a figure
// that differs where the source is the same, since tolls climb.
//
// IDENTITY.md holds the measurement, ./measure repeats it. The package knows states
// and their fields, and asks a [Finder] for all else.
package match
