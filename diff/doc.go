// Package diff says how two texts, or two states of an article, differ: field by
// field and word by word, what kind of change it is, and how that is shown.
//
// Most callers need three calls. [States] compares two states of an article,
// [Texts] two plain texts, and [Write] shows the result on a terminal, as HTML,
// JSON, Markdown and more. [Segment] is what all of them speak of.
//
// [Blame] follows a text through all of its versions and tells for every word which of
// them put it there first.
//
// # What a text diff promises
//
//   - Segments tile both texts in order; an Equal segment holds the same bytes on
//     both sides. So each text can be rebuilt to the byte, whatever its bytes are.
//   - No edge cuts a rune, a grapheme cluster, a word or a CR LF (UAX #29).
//   - White space is no word: text that was only wrapped anew shows no changed word,
//     and the white-space segments that it does show are flagged.
//   - The result depends on the two texts and the options alone. No clock is asked:
//     under any load the same bytes come out, and the work is bounded by counting.
//   - Nothing here is for storing. A later release may draw a diff better.
//
// # How Texts works
//
// Each step leaves less to the next; the names are those of the files.
//
// Trim (text_trim.go): what is equal at both ends is found by comparing blocks, and
// the edge steps back to the nearest place that is a token boundary in both texts.
//
// Anchor (anchor.go): in what is longer than 256 bytes, lines that stand once on
// either side tie the sides together, as in Bram Cohen's patience diff. Of those that
// cross, the chain with the most bytes stays. The parts between are trimmed and
// anchored again. Where only some lines changed (anchor_walk.go), walking through both
// sides at once finds the same and more without a hash. Anchors may cost some words of the minimum, about one in forty on
// real revisions, and make long texts several times faster.
//
// Tokens (token.go): only what is left between anchors is split into words, by the
// word and grapheme rules of UAX #29 in one table of our own (token_table.go).
//
// Exact (exact.go): tokens become numbers; those that the other side lacks are
// dropped; what remains is a longest common subsequence:
//
//   - a stretch of 4 kB or more that stands whole inside the other is found as bytes, for
//     no more can be kept;
//   - up to two tokens against three: go-diff, without its clock and its clean-ups;
//   - where the shorter side has 64 tokens or fewer: bit rows of one word
//     (exact_word.go);
//   - few differences (exact_myers.go): the greedy algorithm of Myers ("An O(ND)
//     Difference Algorithm and Its Variations", 1986), as long as it is cheaper than
//     what comes next;
//   - else bit rows (exact_bits.go): Crochemore and others ("A fast and practical
//     bit-vector algorithm for the longest common subsequence problem", 2001) as Hyyrö
//     put it ("Bit-parallel LCS-length computation revisited", 2004), with sparse rows
//     for rare words;
//   - rows beyond 16 MiB are not kept: the tiles that the way back crosses are made
//     again (exact_tiles.go) from some rows and from what was carried between columns,
//     the edges of Masek and Paterson ("A faster algorithm computing string edit
//     distances", 1980).
//
// Bound (exact_split.go): a problem of more than 10¹⁰ cells, or whatever comes after
// 4·10¹⁰ of a whole diff, is split at words or rows of three words that are unique on
// both sides; where there are none it is replaced. Only here and at anchors is less
// than the longest subsequence found.
//
// Slide (slide.go): a pure insertion or deletion that could stand in several places
// goes to the best edge: blank line, line end, sentence end, mark, space; the rightmost
// of equals.
//
// Clean up (clean.go): an island of unchanged marks, or of a few short words, between
// two larger changes is shown as changed too ([Options].Island), so that one change is
// not told in scraps.
//
// Move (move.go): a paragraph deleted here and, much alike, inserted there has moved,
// if something between stayed. Likeness is Dice's coefficient ("Measures of the Amount
// of Ecologic Association Between Species", 1945) over weighted tokens, which
// [Similarity] gives for any two texts.
//
// Regroup (text_regroup.go): paragraphs that were split or merged show as changed white
// space, and [Regroups] tells where, from the segments.
package diff
