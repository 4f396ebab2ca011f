// Package git is the store on disk: git objects and the branch main of a bare
// repository, read and written so that plain git may be used beside it at any
// time. It knows files, trees and commits, and nothing of articles. It is the
// only package that knows go-git, whose object model and config format it
// uses; packs and refs it reads and writes itself, because go-git's file
// storage may be read by one goroutine only, never syncs, and can leave a
// branch empty.
//
// Most callers need Open, Repo.Tip, Repo.Log and Repo.Diff to follow the
// history, Repo.Find and Repo.Blob to read a file, and to write:
//
//	unlock, err := repo.Lock(ctx)
//	tip, err := repo.Tip()
//	batch, err := repo.Begin(tip)
//	blob := batch.Blob(content)
//	commit, err := batch.Commit(map[string]Hash{path: blob}, author, committer, message)
//	err = batch.Publish() // durable when it returns; ErrMoved: begin again on the new tip
//	unlock()
//
// # Files
//
// The repository is an ordinary bare one. What is the store's own lies in the
// folder stemma in it:
//
//	stemma/queue.lock   who holds it may wait for store.lock (both are file locks,
//	stemma/store.lock   let go by the system when a process dies)
//	stemma/tmp/         files that are being written; empty when no writer is at work
//	stemma/replay/      the same of a replay, which works without store.lock
//	stemma/replay.lock  who holds it replays
//	stemma/replayed     the packs that replays made, one a line; may be deleted
//	stemma/born         the store has commits: if main is missing, it was lost
//	stemma/published    the commit to which this store's own writers moved main last
//	stemma/incoming/    packs that arrive; each in a folder on which its writer has a lock
//
// # Order of writing
//
// A batch is one pack that is complete in itself. Publish
//
//  1. checks that main is what the batch began on;
//  2. writes ref-NONCE, which holds the new value of main, the pack and its
//     index to stemma/tmp, never to objects/pack, where a file that vanishes
//     disturbs readers; syncs all three;
//  3. makes pack-X.keep, a second name (hard link) of ref-NONCE, so that a git
//     repack beside it does not delete a pack to which nothing refers yet;
//  4. renames the pack, then its index, into objects/pack, in git's own order: an
//     index without a pack is rubbish to a git gc beside it; syncs that folder;
//  5. makes refs/heads/main.lock, git's own lock, as another name of
//     ref-NONCE; under it checks main once more;
//  6. renames main.lock to main; syncs refs/heads. Only now is the batch recorded;
//  7. removes pack-X.keep, then renames ref-NONCE to stemma/published.
//
// A kill, or a loss of power, before the rename in step 6 leaves the old state,
// after it the new one. Every rest that it leaves is harmless to git and to
// readers, and is cleared away by the next Lock, which finds stemma/tmp not
// empty: a main.lock that is one file with a ref-NONCE (or, on a file system
// without hard links, holds the same bytes) is a dead writer's and is removed;
// any other main.lock is git's, and is waited for. A pack whose .keep is a
// ref-NONCE in the same way, and names a commit that main does not hold, never
// was recorded, and is deleted.
//
// # Streams
//
// A batch of a few versions is built in memory. One of an import (BeginStream)
// has no bound: its pack is written to stemma/tmp as it grows, and Publish brings
// it to its end in step 2. The caller's goroutine names objects and finds the
// deltas of folders, which are splices of 20 bytes; others search the deltas of
// contents and compress; one gives the entries their places and writes.
//
// The next batch of an import may go on in the pack of the one before, so that it
// can build on its objects: it writes its entries behind the place of the old
// ones, which Publish copies into the gap. The pack that was taken over is deleted
// between the steps 6 and 7, as below. A kill before that leaves both: every
// object twice, until the next upkeep. Since a stream does not look whether the
// store has an object, its pack stays, without its .keep, where main could not be
// moved: a git gc beside it passes over what stands in a pack with a .keep, and
// may have deleted the other copy.
//
// # Packs
//
// When 32 packs of about one size have come together, they are concatenated:
// entries are copied as they are. The new pack is durable before the old ones
// go; a multi-pack-index goes first, and each pack before its index. Readers
// that meet a pack that has gone list the packs anew.
//
// When 64,000 commits have come together in packs, Maintain replays them: a new
// pack has each file's versions, and each folder's, as a chain of deltas that
// begins with the newest, whole. It is built without the lock, in files that no
// writer clears away; the lock is held while it is put in its place and what it
// replaces is deleted. Packs that were concatenated meanwhile are gone already,
// and their objects then stand in two packs, which is no harm; so it is with what
// git repacks. A replay that dies leaves files in stemma/replay alone, which the
// next one removes.
//
// # Other repositories
//
// Git's own program, where it is there, fetches into the store and pushes from it.
// Else Wire does (FetchFrom, PushTo): go-git's transports over http and git's own
// protocol, the user's ssh, or a folder straight. go-git's other algorithms work on a
// store through its storage.Storer, of which this package has one of its own: it
// reads by the reader below, and writes refs under git's locks and packs only when
// they are checked, complete in themselves and durable.
//
// # Reading
//
// Every object read is hashed and compared with its name. Damage is reported
// as ErrCorrupt with the file or object, never as wrong bytes, and a main that
// is empty, malformed or lost is an error, never an empty store.
package git
