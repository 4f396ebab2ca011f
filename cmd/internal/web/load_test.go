package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/cmd/internal/web/load"
)

// loadSite serves a store for measurements: an article of 20 kB with twelve versions,
// made of real edits, and 240 short ones of twelve days.
func loadSite(t testing.TB, change ...func(*web.Options)) *site {
	t.Helper()
	s := emptySite(t, change...)
	at := time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC)
	for i := range 240 {
		s.record(fmt.Sprint("short ", i), fmt.Sprintf("Short story number %d of the day", i), "It happened.\n\nThen something else did.\n", at.Add(time.Duration(i)*time.Minute))
	}
	before, after := realEdits(t, 20_000)
	for version := range longVersions {
		paragraphs := append([]string(nil), before...)
		copy(paragraphs, after[:len(after)*version/(longVersions-1)])
		s.record("long", "A long story of real edits", strings.Join(paragraphs, "\n\n")+"\n", at.Add(time.Duration(300+version)*time.Minute))
	}
	return s
}

const (
	longVersions = 12
	longPath     = "/news/2020/05/1/a-long-story-of-real-edits"
)

// realEdits gives paragraphs of size bytes in all, before and after they were edited.
func realEdits(t testing.TB, size int) (before, after []string) {
	t.Helper()
	f, err := os.Open("../../../diff/testdata/pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	oneLine := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for total := 0; total < size && lines.Scan(); {
		var pair struct{ Corpus, Before, After string }
		if err := json.Unmarshal(lines.Bytes(), &pair); err != nil {
			t.Fatal(err)
		}
		if pair.Corpus == "peps" || pair.Corpus == "eips" || pair.Corpus == "wpce_events" {
			before, after = append(before, oneLine(pair.Before)), append(after, oneLine(pair.After))
			total += len(pair.Before)
		}
	}
	if len(before) < longVersions || lines.Err() != nil {
		t.Fatal(len(before), lines.Err())
	}
	return before, after
}

// loadPages are what the goals and their neighbours are about.
func loadPages() []load.Page {
	short := func(i int) string { return fmt.Sprintf("/news/2020/05/1/short-story-number-%d-of-the-day.html", i) }
	many := load.Page{Name: "all articles in turn", Target: short(0)}
	for i := range 239 {
		many.More = append(many.More, short(i+1))
	}
	return []load.Page{
		many,
		{Name: "article", Target: longPath + ".html"},
		{Name: "Changes", Target: longPath + "/changes"},
		{Name: "diff", Target: longPath + "/diff/11..12.html"},
		{Name: "diff of all", Target: longPath + "/diff/1..12.html"},
		{Name: "front", Target: "/"},
		{Name: "day", Target: "/news/2020/05/1/"},
		{Name: "feed", Target: "/feed.atom"},
		{Name: "articles by the API", Target: "/api/v1/articles"},
		{Name: "article as Markdown", Target: longPath + ".md"},
	}
}

// BenchmarkLoad measures pages against a static file of the same size, served by
// net/http beside them: ratios, each the median of as many rounds as -benchtime says.
// BENCHMARKS.md has the goals.
//
//	go test -run '^$' -bench Load/ -benchtime 9x ./cmd/internal/web
func BenchmarkLoad(b *testing.B) {
	measureLoad(b, loadSite(b))
}

// BenchmarkLoadWhileWriting does so while somebody records five versions a second, of
// one short article after another.
func BenchmarkLoadWhileWriting(b *testing.B) {
	s := loadSite(b)
	done := make(chan struct{})
	var writing sync.WaitGroup
	recorded := 0
	writing.Go(func() {
		for ; ; recorded++ {
			select {
			case <-done:
				return
			case <-time.After(200 * time.Millisecond):
			}
			n := recorded % 240
			s.record(fmt.Sprint("short ", n), fmt.Sprintf("Short story number %d of the day", n), fmt.Sprintf("It happened.\n\nThen %d things did.\n", recorded), time.Date(2020, 5, 2, 0, 0, recorded, 0, time.UTC))
		}
	})
	defer writing.Wait()
	defer close(done)
	measureLoad(b, s)
}

func measureLoad(b *testing.B, s *site) {
	for _, page := range loadPages() {
		b.Run(strings.ReplaceAll(page.Name, " ", "-"), func(b *testing.B) {
			how := load.Comparison{Address: strings.TrimPrefix(s.url, "http://"), Clients: 8, Rounds: b.N, Each: 150 * time.Millisecond}
			rows, err := load.Compare(context.Background(), how, []load.Page{page})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(rows[0].Size), "bytes")
			b.ReportMetric(rows[0].PerSecond, "req/s-ratio")
			b.ReportMetric(rows[0].P50, "p50-ratio")
			b.ReportMetric(rows[0].P99, "p99-ratio")
		})
	}
}
