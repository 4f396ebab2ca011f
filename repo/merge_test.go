package repo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// player is one of several stores that record beside each other.
type player struct {
	*Store
	seen map[string]int // article and seal → number, as somebody saw it once
}

// look notes the numbers that the store shows, and wants that none has changed since
// the last look. Where links of two sides disagree, versions may go to another
// article, and come back behind new numbers.
func (p *player) look(t *testing.T) {
	t.Helper()
	now := map[string]int{}
	for v, err := range p.Log(t.Context(), LogFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(v.Article, v.Seal)
		if was, ok := p.seen[key]; ok && was != v.Number && !p.newLink(t, v.Article) {
			t.Fatalf("version %d of %s (%q) has become %d", was, v.Article, v.Headline, v.Number)
		}
		now[key] = v.Number
	}
	p.seen = now
}

// newLink reports whether a link of the article came since the last look.
func (p *player) newLink(t *testing.T, id schema.ID) bool {
	t.Helper()
	rows, err := p.idx.Versions(id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(rows, func(r index.Row) bool {
		_, known := p.seen[fmt.Sprint(id, Seal(r.Seal))]
		return r.Op == "link" && !known
	})
}

// pullAny pulls and settles conflicts as chance wants it.
func (p *player) pullAny(t *testing.T, r *rand.Rand) {
	t.Helper()
	_, err := p.Pull(t.Context(), PullOptions{Git: gitHere()})
	var open *MergeConflictError
	if !errors.As(err, &open) {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	opt := PullOptions{Resolve: []Side{Ours, Theirs, Edited}[r.IntN(3)], Edited: map[schema.ID]schema.State{}}
	for i := range open.Conflicts {
		c := &open.Conflicts[i]
		if c.Article.IsZero() {
			t.Fatalf("%s holds no article", c.Path)
		}
		s := c.OurState.Clone()
		s.Headline += " and " + c.TheirState.Headline
		s.Headline = s.Headline[:min(len(s.Headline), 100)]
		opt.Edited[c.Article] = s
	}
	mustPull(t, p.Store, opt)
}

// act does one thing to one article.
func (p *player) act(t *testing.T, r *rand.Rand) {
	t.Helper()
	ctx := t.Context()
	key := func() schema.ID { return schema.DeriveID(fmt.Sprint("k", r.IntN(4))) }
	var v Version
	if id, err := p.Resolve(ctx, key().String()); err == nil {
		all, err := p.Changes(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		v = all[r.IntN(len(all))]
	}
	var err error
	switch op := r.IntN(20); {
	case v.Number == 0 || op < 12:
		d := draft("2015-09-26", fmt.Sprint("Headline ", r.IntN(6)))
		d.Article = key().String()
		if op < 3 {
			d.Published, _ = schema.ParseTime(fmt.Sprintf("2025-0%d-01T00:00:00Z", 1+r.IntN(9)))
		}
		_, err = p.Record(ctx, []Draft{d}, RecordOptions{})
	case op < 14:
		_, err = p.Withdraw(ctx, v.Article, Actor{})
	case op < 16:
		_, err = p.Restore(ctx, v, Actor{})
	case op < 17 && v.Number > 1:
		_, err = p.Correct(ctx, Version{}, v, Corrects, "It was wrong.", Actor{})
	case op < 18:
		other, rerr := p.Resolve(ctx, key().String())
		if rerr == nil && other != v.Article {
			_, err = p.Link(ctx, v.Article, other, Actor{})
		}
	case op < 19 && v.Number > 1:
		_, err = p.Split(ctx, v, Actor{})
	}
	var refused *schema.Problem
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

// byHand changes, adds or removes a file in a clone that plain git made, and pushes
// it, by a merge where somebody was faster.
func byHand(t *testing.T, hub *Store, work *clone, r *rand.Rand) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(work.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("hand%d.md", r.IntN(3))
	work.write(name, fmt.Sprintf("---\nheadline: By hand %d\n---\n", r.IntN(100)))
	if len(files) > 0 && r.IntN(2) == 0 {
		rel, err := filepath.Rel(work.dir, files[r.IntN(len(files))])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(work.read(rel), "Headline") {
			work.replace(rel, "Headline", "By hand, headline")
		}
	}
	work.git("add", "-A")
	work.git("commit", "-q", "--allow-empty", "-m", "By hand")
	work.git("fetch", "-q", "origin")
	if len(strings.TrimSpace(work.git("rev-list", "HEAD..origin/main"))) > 0 {
		work.git("merge", "-q", "-X", []string{"ours", "theirs"}[r.IntN(2)], "-m", "Merge by hand", "origin/main")
	}
	work.git("push", "-q", "origin", "HEAD:main")
}

// Stores that record, pull, merge and push beside each other in any order come to
// hold the same versions with the same seals, each in its own order, in which no
// number ever changes; and every one of them verifies.
func TestStoresBesideEachOther(t *testing.T) {
	seeds := 3
	if n, err := strconv.Atoi(os.Getenv("STEMMA_TEST_SEEDS")); err == nil {
		seeds = n // the long form
	}
	first, _ := strconv.Atoi(os.Getenv("STEMMA_TEST_FIRST"))
	for seed := range uint64(seeds) {
		if int(seed) < first {
			continue
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 11))
			hub := newStore(t)
			say(t, hub, "k0", "Begin")
			players := []*player{
				{hub, map[string]int{}}, {mustClone(t, hub, 2000), map[string]int{}}, {mustClone(t, hub, 4000), map[string]int{}},
			}
			work := newClone(t, hub)
			for range 45 {
				p := players[r.IntN(len(players))]
				switch op := r.IntN(10); {
				case op < 5 && p.Store != hub || op < 2:
					p.act(t, r)
				case p.Store == hub:
					if seed%2 == 1 && op < 5 {
						byHand(t, hub, work, r)
					}
				case op < 7:
					p.pullAny(t, r)
				default:
					var behind *BehindError
					if _, err := p.Push(t.Context(), gitHere(), ""); err != nil && !errors.As(err, &behind) {
						t.Fatal(err)
					}
				}
				p.look(t)
			}
			for range 2 {
				for _, p := range players[1:] {
					p.pullAny(t, r)
					mustPush(t, p.Store)
				}
			}
			mustPull(t, players[1].Store, PullOptions{})
			for _, p := range players {
				p.look(t)
				if tipOf(t, p.Store) != tipOf(t, hub) {
					t.Fatal("the stores don't hold the same history")
				}
			}
			wantAlike(t, players)
			for _, p := range players {
				whole(t, p.Store)
				p.look(t)
			}
		})
	}
}

// wantAlike wants that all players tell the same of every article, but for numbers
// and times of recording.
func wantAlike(t *testing.T, players []*player) {
	t.Helper()
	tell := func(p *player) map[string]string {
		out := map[string]string{}
		now, err := p.List(t.Context(), ListFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range now {
			all, err := p.Changes(t.Context(), v.Article)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, x := range all {
				lines = append(lines, fmt.Sprint(x.Published, " ", x.Seal.Short(), " ", x.Headline, " ", x.Status))
			}
			slices.Sort(lines) // of one time, the order is each store's own
			out[v.Article.String()] = strings.Join(lines, "\n")
		}
		return out
	}
	want := tell(players[0])
	for i, p := range players[1:] {
		got := tell(p)
		if len(got) != len(want) {
			t.Errorf("player %d has %d articles, the hub %d", i+1, len(got), len(want))
		}
		for id, text := range want {
			if got[id] != text {
				t.Errorf("player %d says of %s\n%s\nthe hub\n%s", i+1, id, got[id], text)
			}
		}
	}
}

// A version that is dropped, changed or forged on either side of a merge is found
// by what was sealed on top of it, also by a store that never saw the true history.
func TestTamperedSideOfAMerge(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 200)
	for _, h := range []string{"A1", "A2", "A3"} {
		say(t, a, "x", h)
	}
	for _, h := range []string{"B1", "B2", "B3"} {
		say(t, b, "x", h)
	}
	mustPull(t, b, PullOptions{Resolve: Ours})
	say(t, b, "x", "Joined")
	whole(t, b)
	tree := readGraph(t, b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	id := schema.DeriveID("x")
	check := func(name string, change func(h git.Hash, n *graphNode) (keep bool), found bool) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := copyStore(b.Dir(), dir); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(dropIndex(dir), os.RemoveAll(filepath.Join(dir, "refs", "stemma"))); err != nil {
				t.Fatal(err)
			}
			f := &forger{objects: filepath.Join(dir, "objects"), wrote: map[git.Hash]bool{}}
			tip := tree.write(t, f, change)
			if err := setMain(dir, tip); err != nil {
				t.Fatal(err)
			}
			report := verifyDir(t, dir)
			named := slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Article == id })
			if named != found {
				t.Errorf("named: %v, want %v: %+v", named, found, report.Findings)
			}
		})
	}
	check("nothing", func(git.Hash, *graphNode) bool { return true }, false)
	for _, h := range tree.order {
		n := tree.nodes[h]
		subject, _, _ := strings.Cut(n.commit.Message, "\n")
		if len(n.commit.Parents) != 1 || strings.HasSuffix(subject, "Joined") {
			continue
		}
		check("drop "+subject, func(x git.Hash, _ *graphNode) bool { return x != h }, true)
		check("forge "+subject, func(x git.Hash, n *graphNode) bool {
			if x == h {
				for p, data := range n.files {
					n.files[p] = []byte(strings.ReplaceAll(string(data), "headline: ", "headline: F"))
				}
			}
			return true
		}, true)
	}
	// One side as a whole taken away: the version that joined both misses it.
	for side := range 2 {
		check(fmt.Sprint("drop side ", side), func(x git.Hash, n *graphNode) bool {
			if len(n.commit.Parents) > 1 {
				n.commit.Parents = n.commit.Parents[side : side+1]
			}
			return true
		}, true)
	}
}

// graph is a history with merges that a test may write again in another way.
type graph struct {
	order []git.Hash
	nodes map[git.Hash]*graphNode
}

type graphNode struct {
	commit git.Commit
	files  map[string][]byte // all of its tree
}

func readGraph(t *testing.T, s *Store) *graph {
	t.Helper()
	g := &graph{nodes: map[git.Hash]*graphNode{}}
	var err error
	if g.order, err = s.git.Log(tipOf(t, s), git.Hash{}); err != nil {
		t.Fatal(err)
	}
	for _, h := range g.order {
		c, err := s.git.Commit(h)
		if err != nil {
			t.Fatal(err)
		}
		n := &graphNode{*c, map[string][]byte{}}
		all, err := s.git.Diff(git.Hash{}, c.Tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range all {
			if n.files[ch.Path], err = s.git.Blob(ch.New); err != nil {
				t.Fatal(err)
			}
		}
		g.nodes[h] = n
	}
	return g
}

// write writes the history again; change may alter each commit, or drop it by
// giving false: its children then have its parent.
func (g *graph) write(t *testing.T, f *forger, change func(git.Hash, *graphNode) bool) (tip git.Hash) {
	t.Helper()
	now := map[git.Hash]git.Hash{}
	for _, h := range g.order {
		n := graphNode{g.nodes[h].commit, map[string][]byte{}}
		n.commit.Parents = slices.Clone(n.commit.Parents)
		for p, data := range g.nodes[h].files {
			n.files[p] = data
		}
		if !change(h, &n) {
			now[h] = git.Hash{}
			if len(n.commit.Parents) > 0 {
				now[h] = now[n.commit.Parents[0]]
			}
			continue
		}
		files := map[string]git.Hash{}
		for p, data := range n.files {
			b, err := f.put("blob", data)
			if err != nil {
				t.Fatal(err)
			}
			files[p] = b
		}
		tree, err := f.tree(files)
		if err != nil {
			t.Fatal(err)
		}
		text := "tree " + tree.String() + "\n"
		for _, p := range n.commit.Parents {
			if !now[p].IsZero() {
				text += "parent " + now[p].String() + "\n"
			}
		}
		text += "author " + stamp(n.commit.Author) + "\ncommitter " + stamp(n.commit.Committer) + "\n\n" + n.commit.Message
		if now[h], err = f.put("commit", []byte(text)); err != nil {
			t.Fatal(err)
		}
		tip = now[h]
	}
	return tip
}

// TestPullTriedBefore: a pull that was ended between its receipt and the move of main
// is done again, later: what arrived has the time of the first, in the index as in one
// that is built anew.
func TestPullTriedBefore(t *testing.T) {
	for _, mine := range []bool{false, true} {
		for _, more := range []bool{false, true} {
			t.Run(fmt.Sprintf("a merge %v, more since %v", mine, more), func(t *testing.T) { triedBefore(t, mine, more) })
		}
	}
}

func triedBefore(t *testing.T, mine, more bool) {
	hub := newStore(t)
	say(t, hub, "x", "One dead")
	clone := mustClone(t, hub, 300)
	ticking(hub, 600)
	say(t, hub, "x", "Two dead")
	if mine {
		say(t, clone, "own", "Mine")
	}
	dir := filepath.Join(t.TempDir(), "again")
	if err := errors.Join(clone.Close(), copyStore(clone.Dir(), dir)); err != nil {
		t.Fatal(err)
	}
	first := reopen(t, clone.Dir())
	ticking(first, 900)
	mustPull(t, first, PullOptions{})
	receipts, err := first.git.Receipts()
	if err != nil || len(receipts) == 0 {
		t.Fatal(receipts, err)
	}
	last := receipts[len(receipts)-1]
	again := reopen(t, dir)
	if err := again.git.AddReceipt(t.Context(), last, git.Signature{Name: "a", Email: "a@example.org"}, "Receipt: of a pull that was killed"); err != nil {
		t.Fatal(err)
	}
	if more {
		say(t, hub, "x", "Three dead")
	}
	ticking(again, 3000)
	if got := mustPull(t, again, PullOptions{}); got.UpToDate || got.Merged != mine {
		t.Errorf("%+v", got)
	}
	all, err := again.git.Receipts()
	if want := map[bool]int{false: len(receipts), true: len(receipts) + 1}[more]; err != nil || len(all) != want {
		t.Errorf("receipts %v, %v, want those of the first: %v", all, err, receipts)
	}
	whole(t, first, again)
	list, err := again.Changes(t.Context(), schema.DeriveID("x"))
	if err != nil {
		t.Fatal(err)
	}
	if got := list[1].Recorded; !got.Equal(last.At) {
		t.Errorf("recorded at %v, want %v", got, last.At)
	}
}
