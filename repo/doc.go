// Package repo keeps the versions of articles in a git repository and answers
// when a story changed, what exactly, who did it, and whether that holds up.
//
// [Init] or [Open] gives a [Store]; [Store.Record] records states,
// [Store.Changes] lists an article's versions from first to current,
// [Store.Diff] tells what differs between two, and [Store.Verify] checks
// everything against git. A store is an ordinary bare git repository: plain git
// may read it, and push to it, at any time.
//
// What is promised: a version that Record has acknowledged survives a crash at
// any instant; nothing that was ever recorded is changed or dropped; and every
// answer can be rebuilt from git alone, because the index beside it is derived.
//
// The words:
//
//   - An article has an id that never changes; any address it ever had leads to
//     it ([Store.Resolve]).
//   - A [Version] is one recorded state. Its number is its place in the order of
//     recording in this store; its [Seal] is its lasting public id.
//   - A version has two times: published and recorded. Changes are ordered by the
//     first; the current version is the one published last.
//
// A Store may be used by many goroutines, and a store by many processes.
package repo
