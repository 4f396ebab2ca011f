package index

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// How much BenchmarkImport adds: "go test -run xxx -bench Import -versions 1000000".
var importVersions = flag.Int("versions", 100_000, "how many versions BenchmarkImport adds")

// cpu gives the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// stream gives versions of a fifth as many articles, in random order of the
// articles, as a stream of news gives them at its worst.
func stream(n int, each func(r Row, article int) error) error {
	random := rand.New(rand.NewPCG(1, 2))
	numbers := make([]int, n/5+1)
	for i := range n {
		article := random.IntN(len(numbers))
		numbers[article]++
		if err := each(benchRow(i+1, article, numbers[article]), article); err != nil {
			return err
		}
	}
	return nil
}

// lists gives the addresses and the contexts of a benchmark's version.
func lists(r *Row, article int) ([]Alias, []string) {
	return []Alias{{Key: r.Path, Kind: AliasPath}, {Key: fmt.Sprintf("//www.example.org/world/%d/story", article), Kind: AliasSource}},
		[]string{fmt.Sprint("Country ", article%200), fmt.Sprint("Person ", article%7000), fmt.Sprint("City ", article%2000)}
}

// asks puts the questions that an import puts at every version.
func asks(tx *Tx, id schema.ID, t time.Time) error {
	for range 2 {
		if _, _, err := tx.Redirect(id); err != nil {
			return err
		}
		if _, _, err := tx.Current(id); err != nil {
			return err
		}
		if _, _, err := tx.Tail(id); err != nil {
			return err
		}
	}
	if _, err := tx.FilesOf(id); err != nil {
		return err
	}
	if _, _, err := tx.AsOf(id, t, false); err != nil {
		return err
	}
	_, err := tx.NextNumber(id)
	return err
}

// BenchmarkImport adds versions with the questions that come with them, a
// transaction for every batch.
func BenchmarkImport(b *testing.B) {
	for _, batch := range []int{1000, 1 << 17} {
		b.Run(fmt.Sprint("batch", batch), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "index.sqlite")
				db := open(b, path)
				var made, start time.Duration = 0, cpu()
				wal := int64(0)
				var tx *Tx
				err := stream(*importVersions, func(r Row, article int) (err error) {
					if r.Seq%int64(batch) == 1 {
						if tx != nil {
							if err := tx.Commit(); err != nil {
								return err
							}
							if info, err := os.Stat(path + "-wal"); err == nil {
								wal = max(wal, info.Size())
							}
						}
						if tx, err = db.Begin(b.Context()); err != nil {
							return err
						}
						if batch > 1000 {
							if err := tx.Bulk(); err != nil {
								return err
							}
						}
					}
					if err := asks(tx, r.Article, r.Published.T); err != nil {
						return err
					}
					aliases, contexts := lists(&r, article)
					if err := tx.AddVersion(r, aliases, contexts); err != nil {
						return err
					}
					return tx.SetTip(r.Commit)
				})
				if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					b.Fatal(err)
				}
				used := cpu() - start
				start = cpu()
				_ = stream(*importVersions, func(r Row, article int) error { lists(&r, article); return nil })
				made = cpu() - start
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				info, err := os.Stat(path)
				if err != nil {
					b.Fatal(err)
				}
				n := float64(*importVersions)
				b.ReportMetric(float64((used-made).Microseconds())/n, "cpu-µs/version")
				b.ReportMetric(float64(info.Size())/n, "B/version")
				b.ReportMetric(float64(wal)/1e6, "WAL-MB")
				b.ReportMetric(float64(m.Sys)/1e6, "Go-MB")
			}
		})
	}
}
