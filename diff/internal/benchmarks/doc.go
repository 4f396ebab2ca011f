// Command benchmarks measures the word diff against its rivals, in one run and over
// the same texts, and writes the table of goals with what was met and missed.
//
//	go -C diff/internal/benchmarks run . -write ../../BENCHMARKS.md
//
// The words:
//
//   - A class is a list of pairs of texts of one sort: what the project carries, or
//     what follows from a seed.
//   - An engine diffs a pair and gives pieces: kept, gone and come text.
//   - A task is one engine over one class, in a process of its own that may use so
//     much processor time and no more. Tasks of a class take turns, several rounds
//     of them; of each pair the best round counts, for the machine has other work.
//   - The quality of a diff is told in three figures: W, the words shown as changed
//     over the fewest possible; Hk, its changes over those of a bare longest common
//     subsequence; Sp, the edges that cut a word, per change.
package main
