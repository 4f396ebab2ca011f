package git

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobject "github.com/go-git/go-git/v5/plumbing/object"
)

// article is a text of about 2 kB that differs with i.
func article(i int) []byte {
	var b strings.Builder
	for line := range 12 {
		fmt.Fprintf(&b, "Line %d of article %d: a sentence of some length about nothing, with the number %d in it, and an end.\n\n", line, i, i*7919+line)
	}
	return []byte(b.String())
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// articlePath spreads files over three levels of 32 folders.
func articlePath(i int) string {
	x := uint32(i) * 2654435761
	a, b, c := crockford[x>>27], crockford[x>>22&31], crockford[x>>17&31]
	return fmt.Sprintf("%c/%c/%c/%c%c%c%023d.md", a, b, c, a, b, c, i)
}

// storeOf makes a store of n articles in batches of a thousand.
func storeOf(b testing.TB, n int) *Repo {
	b.Helper()
	r := newStore(b)
	unlock, err := r.Lock(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer unlock()
	tip := Hash{}
	for i := 0; i < n; {
		batch, err := r.Begin(tip)
		if err != nil {
			b.Fatal(err)
		}
		changes := map[string]Hash{}
		for end := min(i+1000, n); i < end; i++ {
			changes[articlePath(i)] = batch.Blob(article(i))
		}
		if tip, err = batch.Commit(changes, someone(1), someone(1), "Import"); err != nil {
			b.Fatal(err)
		}
		if err := batch.Publish(); err != nil {
			b.Fatal(err)
		}
	}
	return r
}

// BenchmarkRecord makes one version durable: by a Repo that stays open, by one
// opened for it (as a command does, without the start of a process), and by
// peers: go-git's object store without a single fsync, git fast-import as a
// process, and git plumbing.
func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{1000, 50_000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			r := storeOf(b, n)
			b.Run("stemma=open", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					mustRecord(b, r, map[string]string{articlePath(i % n): fmt.Sprint(string(article(i)), i, "open", time.Now())})
				}
			})
			b.Run("stemma=cold", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					cold, err := Open(r.Dir())
					if err != nil {
						b.Fatal(err)
					}
					mustRecord(b, cold, map[string]string{articlePath(i % n): fmt.Sprint(string(article(i)), i, "cold", time.Now())})
					if err := cold.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("git=fast-import", func(b *testing.B) { benchFastImport(b, r, n) })
			b.Run("git=plumbing", func(b *testing.B) { benchPlumbing(b, r, n) })
			b.Run("go-git=bare", func(b *testing.B) { benchGoGit(b, r, n) })
		})
	}
}

func benchFastImport(b *testing.B, r *Repo, n int) {
	for i := 0; b.Loop(); i++ {
		data := fmt.Sprint(string(article(i)), i, "fi", time.Now())
		cmd := gitCmd(b, r.Dir(), "fast-import", "--quiet", "--force")
		cmd.Stdin = strings.NewReader(fmt.Sprintf("commit refs/heads/peer\ncommitter A <a@b> 1 +0000\ndata 1\nm\nfrom refs/heads/main\nM 100644 inline %s\ndata %d\n%s\n", articlePath(i%n), len(data), data))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

func benchPlumbing(b *testing.B, r *Repo, n int) {
	index := filepath.Join(b.TempDir(), "index")
	run := func(stdin string, args ...string) string {
		cmd := gitCmd(b, r.Dir(), args...)
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+index)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(args, err)
		}
		return strings.TrimSpace(string(out))
	}
	run("", "read-tree", "main")
	run("", "update-ref", "refs/heads/peer", "main")
	for i := 0; b.Loop(); i++ {
		blob := run(fmt.Sprint(string(article(i)), i, "pl", time.Now()), "hash-object", "-w", "--stdin")
		run("", "update-index", "--add", "--cacheinfo", "100644,"+blob+","+articlePath(i%n))
		commit := run("", "commit-tree", run("", "write-tree"), "-p", "refs/heads/peer", "-m", "m")
		run("", "update-ref", "refs/heads/peer", commit)
	}
}

// benchGoGit writes blob, trees and commit by go-git's own object store and
// moves the ref by its compare and swap.
func benchGoGit(b *testing.B, r *Repo, n int) {
	peer, err := gogit.PlainOpen(r.Dir())
	if err != nil {
		b.Fatal(err)
	}
	put := func(encode func(plumbing.EncodedObject) error) plumbing.Hash {
		o := peer.Storer.NewEncodedObject()
		if err := encode(o); err != nil {
			b.Fatal(err)
		}
		h, err := peer.Storer.SetEncodedObject(o)
		if err != nil {
			b.Fatal(err)
		}
		return h
	}
	name := plumbing.ReferenceName("refs/heads/peer")
	runGit(b, r.Dir(), "update-ref", name.String(), "main")
	for i := 0; b.Loop(); i++ {
		old, err := peer.Storer.Reference(name)
		if err != nil {
			b.Fatal(err)
		}
		parent, err := peer.CommitObject(old.Hash())
		if err != nil {
			b.Fatal(err)
		}
		tree, err := parent.Tree()
		if err != nil {
			b.Fatal(err)
		}
		blob := put(func(o plumbing.EncodedObject) error {
			o.SetType(plumbing.BlobObject)
			w, err := o.Writer()
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(w, string(article(i)), i, "gg", time.Now())
			return err
		})
		root := setGoGit(b, tree, strings.Split(articlePath(i%n), "/"), blob, put)
		by := gitobject.Signature{Name: "A", Email: "a@b", When: time.Unix(1, 0)}
		commit := put((&gitobject.Commit{TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash}, Author: by, Committer: by, Message: "m"}).Encode)
		if err := peer.Storer.CheckAndSetReference(plumbing.NewHashReference(name, commit), old); err != nil {
			b.Fatal(err)
		}
	}
}

func setGoGit(b *testing.B, tree *gitobject.Tree, path []string, blob plumbing.Hash, put func(func(plumbing.EncodedObject) error) plumbing.Hash) plumbing.Hash {
	next := gitobject.Tree{Entries: append([]gitobject.TreeEntry(nil), tree.Entries...)}
	h, mode := blob, filemode.Regular
	if len(path) > 1 {
		kid, err := tree.Tree(path[0])
		if err != nil {
			b.Fatal(err)
		}
		h, mode = setGoGit(b, kid, path[1:], blob, put), filemode.Dir
	}
	for i := range next.Entries {
		if next.Entries[i].Name == path[0] {
			next.Entries[i] = gitobject.TreeEntry{Name: path[0], Mode: mode, Hash: h}
		}
	}
	return put(next.Encode)
}

// BenchmarkColdRead is what a command does that shows one article: open the
// store, find the file, read it.
func BenchmarkColdRead(b *testing.B) {
	for _, n := range []int{10_000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			r := storeOf(b, n)
			for i := range 20 {
				mustRecord(b, r, map[string]string{articlePath(i): fmt.Sprint("a tail pack ", i)})
			}
			for i := 0; b.Loop(); i++ {
				cold, err := Open(r.Dir())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := readFile(cold, articlePath(i%n)); err != nil {
					b.Fatal(err)
				}
				if err := cold.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead reads files out of a store, warm, as packed by the store and
// as packed by git with deltas, and by git cat-file --batch as a peer.
func BenchmarkRead(b *testing.B) {
	const n = 10_000
	r := storeOf(b, n)
	tip, err := r.Tip()
	if err != nil {
		b.Fatal(err)
	}
	c, err := r.Commit(tip)
	if err != nil {
		b.Fatal(err)
	}
	files, err := r.Diff(Hash{}, c.Tree)
	if err != nil || len(files) != n {
		b.Fatal(len(files), err)
	}
	read := func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := r.Blob(files[i*7919%n].New); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("stemma=blob/packs=own", read)
	b.Run("stemma=find", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := r.Find(c.Tree, articlePath(i%n)); err != nil {
				b.Fatal(err)
			}
		}
	})
	runGit(b, r.Dir(), "repack", "-adf", "--quiet")
	b.Run("stemma=blob/packs=git", read)
	b.Run("git=cat-file", func(b *testing.B) {
		const each = 1000
		var names strings.Builder
		for i := range each {
			fmt.Fprintln(&names, files[i*7919%n].New)
		}
		for i := 0; b.Loop(); i += each {
			cmd := gitCmd(b, r.Dir(), "cat-file", "--batch")
			cmd.Stdin = strings.NewReader(names.String())
			if _, err := cmd.Output(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/each, "ns/object")
	})
}

// BenchmarkLog walks a long line of commits, as a rebuild of the index does.
func BenchmarkLog(b *testing.B) {
	const n = 10_000
	r := newStore(b)
	unlock, err := r.Lock(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer unlock()
	batch, err := r.Begin(Hash{})
	if err != nil {
		b.Fatal(err)
	}
	var tip Hash
	for i := range n {
		if tip, err = batch.Commit(map[string]Hash{articlePath(i % 500): batch.Blob([]byte(fmt.Sprint(i)))}, someone(1), someone(1), "m"); err != nil {
			b.Fatal(err)
		}
	}
	if err := batch.Publish(); err != nil {
		b.Fatal(err)
	}
	b.Run("commits=10000", func(b *testing.B) {
		for b.Loop() {
			if log, err := r.Log(tip, Hash{}); err != nil || len(log) != n {
				b.Fatal(len(log), err)
			}
		}
	})
	b.Run("diff", func(b *testing.B) {
		log, err := r.Log(tip, Hash{})
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			x, err := r.Commit(log[i%(n-1)])
			if err != nil {
				b.Fatal(err)
			}
			y, err := r.Commit(log[i%(n-1)+1])
			if err != nil {
				b.Fatal(err)
			}
			if d, err := r.Diff(x.Tree, y.Tree); err != nil || len(d) != 1 {
				b.Fatal(d, err)
			}
		}
	})
}

// BenchmarkConcatenate makes one pack of 32, against git's own way.
func BenchmarkConcatenate(b *testing.B) {
	prepare := func(b *testing.B) *Repo {
		r := newStore(b)
		for i := range tailPacks - 1 {
			mustRecord(b, r, map[string]string{articlePath(i): string(article(i))})
		}
		return r
	}
	b.Run("stemma", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			r := prepare(b)
			b.StartTimer()
			if _, err := r.Maintain(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("git=geometric", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			r := prepare(b)
			b.StartTimer()
			cmd := exec.Command("git", "repack", "--geometric=2", "-d", "--quiet")
			cmd.Dir, cmd.Env = r.Dir(), append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	})
}

// BenchmarkBatch records a thousand versions in one batch, one commit each.
func BenchmarkBatch(b *testing.B) {
	const versions = 1000
	r := storeOf(b, 10_000)
	for round := 0; b.Loop(); round++ {
		batch, unlock := begin(b, r)
		for i := range versions {
			blob := batch.Blob(fmt.Append(article(i), round))
			if _, err := batch.Commit(map[string]Hash{articlePath(i * 7): blob}, someone(1), someone(1), "m"); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Publish(); err != nil {
			b.Fatal(err)
		}
		unlock()
	}
	b.ReportMetric(float64(b.N)*versions/b.Elapsed().Seconds(), "versions/s")
}
