//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package index

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
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
func asks(tx *Tx, r *Row) error {
	id := r.Article
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
	if _, _, err := tx.AsOf(id, r.Published.T, false); err != nil {
		return err
	}
	if _, _, err := tx.LastBefore(r, r.Content); err != nil {
		return err
	}
	_, err := tx.NextNumber(id)
	return err
}

// report says what adding the stream cost: processor time without that of making the
// stream, and room.
func report(b *testing.B, path string, start time.Duration, wal int64) {
	b.Helper()
	used := cpu() - start
	start = cpu()
	_ = stream(*importVersions, func(r Row, article int) error { lists(&r, article); return nil })
	made := cpu() - start
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	n := float64(*importVersions)
	b.ReportMetric(float64((used-made).Microseconds())/n, "cpu-µs/version")
	b.ReportMetric(float64(info.Size())/n, "B/version")
	b.ReportMetric(float64(wal)/1e6, "WAL-MB")
	b.ReportMetric(float64(m.Sys)/1e6, "Go-MB")
}

// batches runs f within transactions of a number of versions each, and gives the
// greatest size of the log.
func batches(path string, batch int, begin, end func() error, f func(r Row, article int) error) (wal int64, err error) {
	err = stream(*importVersions, func(r Row, article int) error {
		if r.Seq%int64(batch) == 1 {
			if r.Seq > 1 {
				if err := end(); err != nil {
					return err
				}
				if info, err := os.Stat(path + "-wal"); err == nil {
					wal = max(wal, info.Size())
				}
			}
			if err := begin(); err != nil {
				return err
			}
		}
		return f(r, article)
	})
	if err == nil {
		err = end()
	}
	return wal, err
}

// BenchmarkImport adds versions with the questions that come with them, a
// transaction for every batch.
func BenchmarkImport(b *testing.B) {
	for _, batch := range []int{1000, 1 << 17} {
		b.Run(fmt.Sprint("batch", batch), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "index.sqlite")
				db, start := open(b, path), cpu()
				var tx *Tx
				begin := func() (err error) {
					if tx, err = db.Begin(b.Context()); err == nil && batch > 1000 {
						err = tx.Bulk()
					}
					return err
				}
				wal, err := batches(path, batch, begin, func() error { return tx.Commit() }, func(r Row, article int) error {
					if err := asks(tx, &r); err != nil {
						return err
					}
					aliases, contexts := lists(&r, article)
					if err := tx.AddVersion(r, aliases, contexts); err != nil {
						return err
					}
					return tx.SetTip(r.Commit)
				})
				if err != nil {
					b.Fatal(err)
				}
				report(b, path, start, wal)
			}
		})
	}
}

// BenchmarkPlainInsert is what BenchmarkImport is measured against: the same engine,
// the same columns with an index for the same questions, and a loop of prepared
// statements, which asks nothing and updates no article.
func BenchmarkPlainInsert(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "plain.sqlite")
		start := cpu()
		c, err := connect(path)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", bulkCache,
			`CREATE TABLE versions (article TEXT, number INT, seq INT, published INT, recorded INT, date INT, author TEXT, category TEXT, kinds TEXT,
				seal8 INT, commit8 INT, content8 INT, data BLOB)`,
			"CREATE UNIQUE INDEX by_number ON versions (article, number)", "CREATE INDEX by_seq ON versions (seq, commit8, recorded, author, category, kinds)",
			"CREATE INDEX by_date ON versions (date)", "CREATE INDEX by_seal ON versions (seal8)",
			"CREATE TABLE leads (key TEXT, article TEXT, date INT, PRIMARY KEY (key, article)) WITHOUT ROWID",
			"CREATE TABLE about (context TEXT, article TEXT, PRIMARY KEY (context, article)) WITHOUT ROWID"} {
			if err := c.exec(s); err != nil {
				b.Fatal(err)
			}
		}
		wal, err := batches(path, 1<<17, func() error { return c.exec("BEGIN") }, func() error { return c.exec("COMMIT") }, func(r Row, article int) error {
			id, day := r.Article.String(), dayOf(r.Date)
			v := record{Row: r}
			err := c.exec("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", id, int64(r.Number), r.Seq, r.Published.T.Unix(), r.Recorded.Unix(),
				day, r.Author.Name, r.Category, r.Kinds, eight(r.Seal[:]), eight(r.Commit[:]), eight(r.Content[:]), v.append(nil))
			aliases, contexts := lists(&r, article)
			for _, a := range aliases {
				err = errors.Join(err, c.exec("INSERT OR REPLACE INTO leads VALUES (?, ?, ?)", a.Key, id, day))
			}
			for _, s := range contexts {
				err = errors.Join(err, c.exec("INSERT OR REPLACE INTO about VALUES (?, ?)", s, id))
			}
			return err
		})
		if err := errors.Join(err, c.close()); err != nil {
			b.Fatal(err)
		}
		report(b, path, start, wal)
	}
}
