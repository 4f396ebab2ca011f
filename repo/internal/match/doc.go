// Package match decides which article a state belongs to that says nothing of its
// id. [Decide] is the whole of it.
//
// A wrong merge writes one event's news into another's history, a missed one makes
// a second article and reports the first as its likely twin; linking the two later
// loses nothing. So whatever is not certain is new.
//
// The rules are tried in order (the words are those of a version's Stemma-Match
// trailer):
//
//   - id: the state names its article.
//   - path: the path that a source gave leads to one article; or the path that
//     follows from date and headline does, and that article has no sources, or the
//     state has none, or they have one in common. An article with other sources
//     whose headline came to the same slug is another one.
//   - alias: a guid or another address leads to one article.
//   - source: on that date the article ever cited one of the state's sources, and
//     any headline it ever had shares 0.65 of the words (Dice) with the new one, or
//     stands in it almost whole, or the other way round; and no other article of
//     the date that cites the source comes near. Where the source is a live blog,
//     the two headlines must not each hold a name that the other lacks.
//   - likeness: no source speaks for it and none against it, and the headlines of
//     that date differ in short words alone: no figure and no name stands in one
//     and not in the other.
//   - new: anything else. The nearest article of the date is reported as its twin
//     where it is near enough.
//
// What counts as a word, a figure and a name is in words.go and figures.go. What
// the rules deliberately do not weigh: the category and the contexts, which editors
// change while the event stays; the summary and the picture, which come from the
// source's page and so are equal for every event that cites it; a figure where the
// source is the same, since tolls climb.
//
// IDENTITY.md holds the measurement; ./measure repeats it.
//
// The package knows states and their fields, and asks a [Finder] for all else.
package match
