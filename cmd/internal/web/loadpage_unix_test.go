//go:build unix

package web_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// processorTime is what this process has used of the processors.
func processorTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPage measures what one answer costs, without a network: one that is kept, one
// that is made each time of parts that are remembered, and one of which nothing is.
func BenchmarkPage(b *testing.B) {
	for _, kind := range []struct {
		name string
		keep int64
	}{{"kept", 0}, {"fresh", 1}, {"anew", -1}} {
		s := loadSite(b, func(o *web.Options) { o.Keep = kind.keep })
		for _, page := range loadPages() {
			b.Run(kind.name+"/"+strings.ReplaceAll(page.Name, " ", "-"), func(b *testing.B) {
				b.ReportAllocs()
				ask(s.handler, page.Target, "")
				began := processorTime(b)
				for b.Loop() {
					if w := ask(s.handler, page.Target, ""); w.Code != http.StatusOK {
						b.Fatal(w.Code, page.Target)
					}
				}
				b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
			})
		}
	}
}

// largeRoutes are all kinds of addresses that a reader can ask for, with {path}, {id},
// {day} and {hot} of an article, its day, and one of very many versions.
func largeRoutes() []string {
	return strings.Fields(`/ /healthz /metrics /feed.atom /feed.json /feed.atom?category=Law /feed.atom?context=Russia /feed.atom?context=Topic+7 /feed.atom?author=Ed+3 /feed.atom?kind=figure
		/feed.atom?author=nobody /feed.atom?quiet-edits=1 /feed.atom?corrections=1 /feed.atom?q=storm /search?q=storm /search?q=storm+viru+xyz /search?q="storm+court" /search?when=1&q=Later+it+was
		{day}/ {day}/index.md {day}/index.json {day}/index.xml {day}/feed.atom {day}/?at=2022-06-01
		{path}.html {path}.md {path}.json {path}.xml {path}.html?at=2024-01-01 {path}/changes {path}/changes.atom {path}/diff {path}/blame {path}/timeline
		{hot}.html {hot}.md {hot}.json {hot}/changes {hot}/changes.atom {hot}/diff/1999..2000.html {hot}/diff/1..2000.html {hot}/blame {hot}/timeline {hot}/timeline.svg
		/timegate/{path}.html /timemap/link/{path}.html /timemap/json/{hot}.html
		/api/v1/articles /api/v1/articles?limit=500 /api/v1/articles?category=Law /api/v1/articles?context=Russia /api/v1/articles?context=Topic+7 /api/v1/articles?status=canceled /api/v1/articles?date=2018-03-01
		/api/v1/articles?at=2018-01-01 /api/v1/articles?at=2018-01-01&category=Law /api/v1/articles?at=2018-01-01&context=Russia /api/v1/articles?at=2018-01-01&context=Topic+7 /api/v1/articles?at=2018-01-01&clock=recorded
		/api/v1/articles/{id} /api/v1/articles/{id}/versions /api/v1/articles/{id}/versions/1 /api/v1/articles/{id}/diff /api/v1/articles/{id}/blame /api/v1/articles/{id}/related /api/v1/articles/{id}/related?limit=500 /api/v1/articles/{id}/corrections
		/api/v1/log /api/v1/log?author=nobody /api/v1/log?corrections=true /api/v1/log?quiet-edits=true /api/v1/log?context=Russia /api/v1/days/2018-03-01 /api/v1/search?q=storm /api/v1/when?q=Later+it+was
		/api.php?action=query&list=allpages&format=json /api.php?action=query&list=allpages&aplimit=500&format=json /api.php?action=query&list=allpages&apfrom=news/2020&format=json /api.php?action=query&list=allpages&apprefix=news/2019/05&format=json
		/api.php?action=query&generator=allpages&prop=info&format=json /api.php?action=query&list=recentchanges&format=json /api.php?action=query&list=recentchanges&rcuser=nobody&format=json /api.php?action=query&meta=siteinfo&format=json
		/git/info/refs?service=git-upload-pack`)
}

// TestRoutesOfALargeStore tells what each kind of answer costs, made anew, in a large
// store: STEMMA_LARGE_STORE names its folder.
func TestRoutesOfALargeStore(t *testing.T) {
	dir := os.Getenv("STEMMA_LARGE_STORE")
	if dir == "" {
		t.Skip("STEMMA_LARGE_STORE names no store")
	}
	store, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	handler, err := web.New(web.Options{Store: store, Base: "http://stemma.example", Keep: -1})
	if err != nil {
		t.Fatal(err)
	}
	var hot, other repo.Version
	for v, err := range store.Log(t.Context(), repo.LogFilter{Limit: 5000}) {
		if err != nil {
			t.Fatal(err)
		}
		if hot.Number < v.Number {
			hot = v
		}
		if v.Number == 2 {
			other = v
		}
	}
	fill := strings.NewReplacer("/timegate/{path}", "/timegate/http://stemma.example"+other.Path, "/timemap/link/{path}", "/timemap/link/http://stemma.example"+other.Path, "/timemap/json/{hot}", "/timemap/json/http://stemma.example"+hot.Path,
		"{path}", other.Path, "{hot}", hot.Path, "{id}", other.Article.String(), "{day}", regexp.MustCompile(`/[^/]*$`).ReplaceAllString(other.Path, ""))
	for _, route := range largeRoutes() {
		target, took, status, size := fill.Replace(route), []time.Duration{}, 0, 0
		for range 3 {
			began := processorTime(t)
			w := ask(handler, target, "")
			took, status, size = append(took, processorTime(t)-began), w.Code, w.Body.Len()
		}
		slices.Sort(took)
		fmt.Printf("%8.1f ms %4d %9d bytes  %s\n", float64(took[1].Microseconds())/1000, status, size, route)
		if status >= 500 {
			t.Errorf("%s is answered %d", target, status)
		}
	}
}
