package index

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The store that the benchmarks ask: 100,000 versions of 20,000 articles, and
// 500 more of one, with addresses, contexts and sizes as the seed site has them.
const (
	benchVersions = 100_000
	benchArticles = 20_000
	benchHot      = 500
)

func benchRow(seq, article, number int) Row {
	sum := sha256.Sum256(fmt.Append(nil, seq))
	day := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, article%3000)
	slug := fmt.Sprintf("a-bomb-blast-at-a-market-in-the-%d-district-of-the-city-of-baghdad-iraq-kills-%d-people", article, number/3)
	return Row{
		Seq: int64(seq), Article: schema.DeriveID(fmt.Sprint(article)), Origin: schema.DeriveID(fmt.Sprint(article)), Number: number,
		Commit: [20]byte(sum[:20]), Blob: [20]byte(sum[12:]), Seal: sum, Content: sha256.Sum256(sum[:]), Known: schema.AllFields,
		Published: schema.At(day.Add(time.Duration(number) * time.Minute)), Recorded: time.Unix(1_500_000_000+int64(seq), 0).UTC(),
		Author: schema.Person{Name: fmt.Sprint("Editor ", seq%50), Email: fmt.Sprintf("e%d@example.org", seq%50)},
		Kinds:  "headline,figure", Op: "revise", Headline: slug, Date: schema.Date(day.Format("2006-01-02")),
		Category: fmt.Sprint("Category ", article%12), Path: day.Format("/news/2006/01/2/") + slug,
	}
}

func fill(b *testing.B, path string) {
	db := open(b, path)
	tx, err := db.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	add := func(r Row, article int) {
		aliases := []Alias{{Key: r.Path, Kind: AliasPath}, {Key: fmt.Sprintf("//www.example.org/world/%d/story", article), Kind: AliasSource}}
		contexts := []string{fmt.Sprint("Country ", article%200), fmt.Sprint("Person ", article%7000), fmt.Sprint("City ", article%2000)}
		if err := tx.AddVersion(r, aliases, contexts); err != nil {
			b.Fatal(err)
		}
	}
	// Five versions of each, recorded while some 1,000 other articles are.
	for i := range benchVersions {
		block, at := i/5000, i%5000
		article := block*1000 + at*619%1000
		add(benchRow(i+1, article, at/1000+1), article)
	}
	for i := range benchHot {
		add(benchRow(benchVersions+i+1, benchArticles, i+1), benchArticles)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRebuild is the index's part of a reindex of 100,500 versions.
func BenchmarkRebuild(b *testing.B) {
	for b.Loop() {
		fill(b, filepath.Join(b.TempDir(), "index.sqlite"))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/(benchVersions+benchHot), "µs/version")
}

// BenchmarkQueries asks a filled index, which stays open but for Cold.
func BenchmarkQueries(b *testing.B) {
	path := filepath.Join(b.TempDir(), "index.sqlite")
	fill(b, path)
	db := open(b, path)
	hot := schema.DeriveID(fmt.Sprint(benchArticles))
	some := benchRow(4711*5+1, 4711/1000*1000+4711*5%5000*619%1000, 1)
	for name, ask := range map[string]func() (int, error){
		"Versions500": func() (int, error) { rows, err := db.Versions(hot); return len(rows), err },
		"Versions5":   func() (int, error) { rows, err := db.Versions(some.Article); return len(rows), err },
		"Current":     func() (int, error) { _, ok, err := db.Current(some.Article); return count(ok), err },
		"AsOf": func() (int, error) {
			_, ok, err := db.AsOf(some.Article, some.Published.T, false)
			return count(ok), err
		},
		"Aliases":    func() (int, error) { list, err := db.Aliases(some.Path); return len(list), err },
		"SlugPrefix": func() (int, error) { list, err := db.SlugPrefix(some.Headline[:50], 10); return len(list), err },
		"BySeal": func() (int, error) {
			list, err := db.BySeal(schema.ID{}, fmt.Sprintf("%x", some.Seal[:6]))
			return len(list), err
		},
		"OnDate":      func() (int, error) { list, err := db.OnDate(some.Date); return len(list), err },
		"Days":        func() (int, error) { list, err := db.Days(some.Date, time.Time{}, false); return len(list), err },
		"DaysAt":      func() (int, error) { list, err := db.Days(some.Date, some.Published.T, false); return len(list), err },
		"PreviousDay": func() (int, error) { _, ok, err := db.PreviousDay(some.Date); return count(ok), err },
		"Related":     func() (int, error) { list, err := db.Related(some.Article, 10); return len(list), err },
		"ListAll":     func() (int, error) { list, err := db.List(ListFilter{}); return len(list), err },
		"ListAt":      func() (int, error) { list, err := db.List(ListFilter{At: some.Published.T}); return len(list), err },
		"Log20":       func() (int, error) { return drain(db, Filter{Limit: 20}) },
		"LogAuthor":   func() (int, error) { return drain(db, Filter{Author: "Editor 7 ", Limit: 20}) },
		"LogNone":     func() (int, error) { return drain(db, Filter{Until: time.Unix(1_400_000_000, 0)}) },
		"LogContext":  func() (int, error) { return drain(db, Filter{Context: "Person 17"}) },
		"LogAll":      func() (int, error) { return drain(db, Filter{}) },
		"Counts":      func() (int, error) { _, n, err := db.Counts(); return n, err },
		"Cold": func() (int, error) {
			db, err := Open(path)
			if err != nil {
				return 0, err
			}
			defer db.Close()
			rows, err := db.Versions(hot)
			return len(rows), err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				var err error
				if n, err = ask(); err != nil {
					b.Fatal(err)
				}
			}
			if n == 0 && name != "LogNone" {
				b.Fatal("nothing was found")
			}
		})
	}
}

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

func drain(db *DB, f Filter) (n int, err error) {
	for _, err := range db.Log(f) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
