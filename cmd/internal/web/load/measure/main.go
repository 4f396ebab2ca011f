// Command measure asks a running `stemma serve` for its pages and tells how fast it
// answers, as ratios to static files of the same size that it serves itself in turn:
//
//	go run ./cmd/internal/web/load/measure http://127.0.0.1:8080
//
// It chooses the article with the most versions among the latest changes. Reading must
// be open.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	flags.SetOutput(errs)
	clients := flags.Int("clients", 8, "how many ask at a time")
	rounds := flags.Int("rounds", 9, "rounds, of which the median counts")
	each := flags.Duration("each", 300*time.Millisecond, "how long a page is asked for in a round, and the file of its size as long")
	only := flags.Bool("pages", false, "name the pages, one a line, and measure nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	base, err := url.Parse(flags.Arg(0))
	if err != nil || base.Scheme != "http" || base.Host == "" || flags.NArg() != 1 {
		return errors.New("one address of a server is wanted, such as http://127.0.0.1:8080")
	}
	pages, err := choose(ctx, "http://"+base.Host)
	if err != nil {
		return err
	}
	if *only {
		for _, p := range pages {
			fmt.Fprintf(out, "%s\t%s\n", p.Name, p.Target)
		}
		return nil
	}
	rows, err := load.Compare(ctx, load.Comparison{Address: base.Host, Clients: *clients, Rounds: *rounds, Each: *each}, pages)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, load.Table(rows))
	return err
}

// version is what is used of the API's objects.
type version struct {
	Article, Path, Date string
	Version             int
}

// choose finds pages of a server worth measuring.
func choose(ctx context.Context, base string) ([]load.Page, error) {
	var log, list struct{ Versions []version }
	if err := fetch(ctx, base+"/api/v1/log?limit=200", &log); err != nil {
		return nil, err
	}
	best := version{}
	for _, v := range log.Versions {
		if v.Version > best.Version && v.Path != "" {
			best = v
		}
	}
	if best.Path == "" {
		return nil, errors.New("the store holds no article")
	}
	if err := fetch(ctx, base+"/api/v1/articles/"+best.Article+"/versions", &list); err != nil {
		return nil, err
	}
	last := list.Versions[len(list.Versions)-1]
	path := (&url.URL{Path: last.Path}).EscapedPath()
	pages := []load.Page{{Name: "article", Target: path + ".html"}, {Name: "Changes", Target: path + "/changes"}}
	if n := len(list.Versions); n > 1 {
		pages = append(pages, load.Page{Name: "diff", Target: fmt.Sprintf("%s/diff/%d..%d.html", path, list.Versions[n-2].Version, last.Version)})
	}
	pages = append(pages, load.Page{Name: "front page", Target: "/"})
	if year, rest, ok := strings.Cut(last.Date, "-"); ok {
		month, day, _ := strings.Cut(rest, "-")
		pages = append(pages, load.Page{Name: "day", Target: "/news/" + year + "/" + month + "/" + strings.TrimLeft(day, "0") + "/"})
	}
	return append(pages, load.Page{Name: "feed", Target: "/feed.atom"}, load.Page{Name: "articles by the API", Target: "/api/v1/articles"}), nil
}

func fetch(ctx context.Context, address string, to any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is answered %s", address, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(to)
}
