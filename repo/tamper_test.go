package repo

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// names reports whether a finding speaks of an article.
func (f Finding) names(id schema.ID) bool {
	return f.Article == id || strings.Contains(f.Path+" "+f.Reason, id.String())
}

// stage is a copy of the victim's store on which lies are told, one after another.
// Objects of earlier lies stay there, as they would in a store: nothing leads to
// them.
type stage struct {
	dir    string
	forger *forger
	index  []byte // of the true history
}

func (v *victim) stage(dir string) (*stage, error) {
	if err := copyStore(v.dir, dir); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, indexFile))
	return &stage{dir, &forger{filepath.Join(dir, "objects"), maps.Clone(v.objects)}, data}, err
}

// tell puts a rewritten history into the store and verifies it.
func (g *stage) tell(steps []step, keepIndex bool) ([]Finding, error) {
	tip, err := g.forger.write(steps)
	if err != nil {
		return nil, err
	}
	if err := setMain(g.dir, tip); err != nil {
		return nil, err
	}
	if err := dropIndex(g.dir); err != nil {
		return nil, err
	}
	if keepIndex {
		if err := os.WriteFile(filepath.Join(g.dir, indexFile), g.index, 0o666); err != nil {
			return nil, err
		}
	}
	s, err := Open(g.dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	if err != nil {
		return nil, err
	}
	return report.Findings, nil
}

// TestTamper tells more than a thousand lies, each to a store that keeps its index
// and to one that lost it, and wants every one found and laid at the right door.
func TestTamper(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	first, err := v.stage(filepath.Join(t.TempDir(), "first"))
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{true, false} {
		if found, err := first.tell(v.steps, keep); err != nil || len(found) > 0 {
			t.Fatalf("the true history: %+v, %v", found, err)
		}
	}
	const rounds = 2 // over every version and every lie
	type job struct {
		x    target1
		l    lie
		seed uint64
	}
	jobs := make(chan job)
	var told atomic.Int64
	var wg sync.WaitGroup
	root := t.TempDir()
	for i := range runtime.GOMAXPROCS(0) {
		g, err := v.stage(filepath.Join(root, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for j := range jobs {
				r := rand.New(rand.NewPCG(j.seed, 7))
				steps, names, hidden, ok := j.l.tell(v, r, j.x)
				if !ok {
					continue
				}
				for _, keep := range []bool{true, false} {
					if hidden && !keep {
						continue // see lies
					}
					found, err := g.tell(steps, keep)
					named := slices.ContainsFunc(found, func(f Finding) bool { return slices.ContainsFunc(names, f.names) })
					switch where := fmt.Sprintf("%s (version in commit %d, seed %d, index kept: %v)", j.l.name, j.x.at, j.seed, keep); {
					case err != nil:
						t.Errorf("%s: %v", where, err)
					case named:
						told.Add(1)
					default:
						t.Errorf("%s: not found, or not named: %+v", where, found)
					}
				}
			}
		})
	}
	for round := range rounds {
		all := lies()
		all = append(all, all[0], all[0], all[1]) // other bytes each time
		for i, l := range all {
			for k, x := range v.versions {
				if t.Failed() {
					break
				}
				jobs <- job{x, l, uint64(round<<16 | i<<8 | k)}
			}
		}
	}
	close(jobs)
	wg.Wait()
	t.Logf("%d tampered stores were found out", told.Load())
	if told.Load() < 1000 {
		t.Errorf("only %d tampered stores were found out, at least 1000 are wanted", told.Load())
	}
}
