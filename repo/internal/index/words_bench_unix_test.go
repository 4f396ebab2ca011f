//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package index

import (
	"bufio"
	"context"
	"database/sql/driver"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

var (
	histories = flag.String("histories", "", "files of revisions (.jsonl.xz, one object with doc and text a line) for BenchmarkPhrases, as a pattern")
	textBytes = flag.Int("textbytes", 2000, "how much of each text BenchmarkPhrases takes")
)

// revision is a version of a real history.
type revision struct{ Doc, Text string }

func readHistories(b *testing.B) (list []revision) {
	names, err := filepath.Glob(*histories)
	if err != nil || len(names) == 0 {
		b.Skipf("-histories names no file: %v", err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		must(b, err)
		r, err := xz.NewReader(bufio.NewReader(f))
		must(b, err)
		for d := json.NewDecoder(r); d.More(); {
			var v revision
			must(b, d.Decode(&v))
			if len(v.Text) > *textBytes {
				v.Text = strings.ToValidUTF8(v.Text[:*textBytes], "")
			}
			if v.Text != "" {
				v.Doc = name + v.Doc
				list = append(list, v)
			}
		}
		must(b, f.Close())
	}
	return list
}

// BenchmarkPhrases tells when phrases came and went in real histories, by the index
// and, as the rival, by a full-text table with the engine's trigram tokenizer over
// every version's whole text. It tells too what either costs to make, in time and
// bytes. Both know the versions' places in the order of publication from the same table.
// The rival is asked which versions hold a phrase, and not where; of ours, the first
// versions that may hold it are not read, as they are when they are shown.
func BenchmarkPhrases(b *testing.B) {
	list := readHistories(b)
	ours, rival := open(b, filepath.Join(b.TempDir(), "ours.sqlite")), open(b, filepath.Join(b.TempDir(), "rival.sqlite"))
	bytes := 0
	for _, v := range list {
		bytes += len(v.Text)
	}
	fmt.Fprintf(os.Stderr, "%d versions, %d bytes\n", len(list), bytes)
	docs := map[string]*schema.State{}
	nums := map[string]int{}
	var all []Passages
	start, words := cpu(), time.Duration(0)
	for _, v := range list {
		now, old := &schema.State{Body: v.Text}, docs[v.Doc]
		if old == nil {
			from := time.Now()
			all = append(all, WholePassages(diff.ReadableFields(now)))
			words += time.Since(from)
		} else {
			d := diff.States(old, now, diff.Options{})
			from := time.Now()
			all = append(all, NewPassages(diff.Passages(&d, old, now)))
			words += time.Since(from)
		}
		docs[v.Doc] = now
	}
	fmt.Fprintf(os.Stderr, "diffs and passages: %.1f µs a version; passages by the clock %.1f\n", float64((cpu()-start).Nanoseconds())/1e3/float64(len(list)), float64(words.Nanoseconds())/1e3/float64(len(list)))
	rows := func(tx *Tx) {
		clear(docs)
		clear(nums)
		for i, v := range list {
			if nums[v.Doc] == 0 {
				docs[v.Doc] = &schema.State{Headline: v.Doc}
			}
			nums[v.Doc]++
			r := benchRow(i+1, len(docs), nums[v.Doc])
			r.Article, r.Origin = schema.DeriveID(v.Doc), schema.DeriveID(v.Doc)
			must(b, tx.AddVersion(r, nil, nil))
		}
	}
	write(b, ours, func(tx *Tx) { must(b, tx.Bulk()); rows(tx) })
	write(b, rival, func(tx *Tx) { must(b, tx.Bulk()); rows(tx) })
	start = cpu()
	write(b, ours, func(tx *Tx) {
		must(b, tx.Bulk())
		for i := range all {
			must(b, tx.SetPassages(int64(i+1), all[i]))
		}
	})
	fmt.Fprintf(os.Stderr, "ours: %.1f µs a version, %.3f bytes a byte of text\n", float64((cpu()-start).Nanoseconds())/1e3/float64(len(list)), float64(size(b, ours))/float64(bytes))
	start = cpu()
	write(b, rival, func(tx *Tx) {
		must(b, tx.Bulk())
		must(b, tx.c.exec("CREATE VIRTUAL TABLE texts USING fts5 (text, content = '', tokenize = 'trigram')"))
		for i, v := range list {
			must(b, tx.c.exec("INSERT INTO texts (rowid, text) VALUES (?, ?)", int64(i+1), v.Text))
		}
	})
	fmt.Fprintf(os.Stderr, "trigrams: %.1f µs a version, %.3f bytes a byte of text\n", float64((cpu()-start).Nanoseconds())/1e3/float64(len(list)), float64(size(b, rival))/float64(bytes))
	phrases := somePhrases(list)
	askPhrases(b, ours, rival, phrases)
}

// askPhrases asks both for each of the phrases in turn.
func askPhrases(b *testing.B, ours, rival *DB, phrases []string) {
	b.Run("Ours", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			p := diff.ParsePhrase(phrases[i%len(phrases)], false)
			touched, err := ours.Touched(schema.ID{}, p)
			must(b, err)
			for k := range touched {
				if touched[k].Whole || changes(p, touched[k].Passages) != 0 {
					n++
				}
			}
		}
		b.ReportMetric(float64(n)/float64(b.N), "versions")
	})
	b.Run("Trigrams", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			must(b, rival.view(func(c *conn) error {
				return c.each(`SELECT f.rowid, v.key, v.published FROM texts f CROSS JOIN log l ON l.seq = f.rowid CROSS JOIN versions v ON v.key = l.key WHERE texts MATCH ?`,
					[]driver.Value{`"` + phrases[i%len(phrases)] + `"`}, func([]driver.Value) error { n++; return nil })
			}))
		}
		b.ReportMetric(float64(n)/float64(b.N), "versions")
	})
}

// somePhrases takes phrases of one to five words from the texts at random.
func somePhrases(list []revision) []string {
	r := rand.New(rand.NewPCG(1, 1))
	var phrases []string
	for len(phrases) < 200 {
		words := strings.Fields(list[r.IntN(len(list))].Text)
		if len(words) == 0 {
			continue
		}
		i := r.IntN(len(words))
		p := strings.Join(words[i:min(len(words), i+1+r.IntN(5))], " ")
		if len(p) >= 3 && len(diff.ParsePhrase(p, false).Words()) > 0 && !strings.Contains(p, `"`) {
			phrases = append(phrases, p)
		}
	}
	slices.Sort(phrases)
	return phrases
}

// size gives the bytes that the full-text tables of an index take, and its passages.
func size(b *testing.B, db *DB) (n int64) {
	must(b, db.Optimize(context.Background()))
	must(b, db.view(func(c *conn) (err error) {
		for _, q := range []string{
			"SELECT total(length(block)) FROM phrases_data", "SELECT total(length(data) + 6) FROM passages", "SELECT total(length(sz) + 8) FROM phrases_docsize",
		} {
			if db.has(c, "texts") {
				q = strings.ReplaceAll(strings.ReplaceAll(q, "phrases", "texts"), "passages", "(SELECT x'' AS data WHERE 0)")
			}
			var part float64
			err = c.each(q, nil, func(row []driver.Value) error { part, _ = row[0].(float64); return nil })
			if err != nil {
				return err
			}
			n += int64(part)
		}
		return nil
	}))
	return n
}

func (db *DB) has(c *conn, table string) bool {
	_, ok, _ := c.int("SELECT 1 FROM sqlite_schema WHERE name = ?", table)
	return ok
}
