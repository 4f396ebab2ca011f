// Command benchmarks measures a store against git and go-git, in one run and on
// the same content, and writes the table of goals with what was met and missed.
//
//	go run ./repo/internal/benchmarks -sizes 1k,100k,1M -write repo/BENCHMARKS.md
//
// Every figure is that of a whole process, as the kernel accounts for it
// (processor time of user and system, wall time, peak memory), or of one that this
// program starts again as itself where a library is measured from the inside.
//
// The words:
//
//   - A workload is a history that follows from its size alone: N versions of N/5
//     articles of 2.25 kB, one paragraph changed a version, one hot article.
//   - A place is the folder of one size: the streams that were prepared before any
//     clock runs, the store, and git's repository of the same content.
//   - A measure is one comparison, which -only names. Its samples are kept in the
//     file of -results, so that a long run can be interrupted, and parts of it
//     measured again.
//   - A goal is a bound on a ratio of samples, or on one of them.
package main
