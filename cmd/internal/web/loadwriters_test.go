package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/cmd/internal/web/load"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// While two writers record by the API and two by handles of their own, as other
// processes would, readers are never answered by a failure; afterwards every version
// that was acknowledged is there, once, and pages show the last.
func TestReadWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 12
	s := newSite(t, func(o *web.Options) {
		o.Users, o.Limits = accounts.In(o.Store.Dir()), web.Limits{Writes: -1}
		if err := o.Users.Add(accounts.User{Name: "Ada Reporter", Email: "ada@example.org", Role: accounts.Editor}, secret); err != nil {
			t.Fatal(err)
		}
	})
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var reading, writing sync.WaitGroup
	failures := make(chan error, 100)
	targets := []string{"/", "/news/2020/05/1/", "/feed.atom", nowPath + ".html", nowPath + "/changes", nowPath + "/diff/1..3.html", nowPath + "/blame",
		nowPath + "/timeline", "/search?q=storm", "/api/v1/articles", "/api/v1/log", "/api.php?action=query&list=recentchanges&format=json"}
	for i := range targets {
		targets = append(targets, fmt.Sprintf("/news/2020/05/1/story-%d-of-writer-%d.html", i%each, i%writers)) // may not be there yet
	}
	for range 3 {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := s.readAll(targets); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			var err error
			if w%2 == 0 {
				err = s.writeByAPI(token, w, each)
			} else {
				err = s.writeBeside(w, each)
			}
			if err != nil {
				failures <- fmt.Errorf("writer %d: %w", w, err)
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	for w := range writers {
		for i := range each {
			headline := fmt.Sprintf("Story %d of writer %d", i, w)
			list := s.versions(schema.DeriveID(headline).String())
			if len(list) != 1 || list[0].Headline != headline {
				t.Errorf("%s has %d versions", headline, len(list))
				continue
			}
			if answer, page := s.get(list[0].Path + ".html"); answer.StatusCode != 200 || !strings.Contains(page, "<h1>"+headline) {
				t.Errorf("%s: %d", list[0].Path, answer.StatusCode)
			}
		}
	}
	var log []repo.Version
	for v, err := range s.store.Log(t.Context(), repo.LogFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, v)
	}
	if len(log) != 3+writers*each {
		t.Errorf("%d versions, not %d", len(log), 3+writers*each)
	}
	if _, page := s.get("/"); !strings.Contains(page, log[0].Headline) {
		t.Errorf("the front page doesn't tell of %q", log[0].Headline)
	}
	if report, err := s.store.Verify(t.Context(), repo.VerifyOptions{}); err != nil || len(report.Findings) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// readAll asks for each address once.
func (s *site) readAll(targets []string) error {
	_, err := load.Run(s.t.Context(), load.Job{Address: strings.TrimPrefix(s.url, "http://"), Targets: targets, Count: len(targets),
		Header: "Accept: text/html\r\n", Check: func(status int, target string) error {
			if status >= 500 {
				return fmt.Errorf("%s is answered %d", target, status)
			}
			return nil
		}})
	return err
}

// writeByAPI records stories by the API.
func (s *site) writeByAPI(token string, writer, each int) error {
	for i := range each {
		headline := fmt.Sprintf("Story %d of writer %d", i, writer)
		body := fmt.Sprintf(`{"id":%q,"headline":%q,"date":"2020-05-01"}`, schema.DeriveID(headline).String(), headline)
		answer, text := s.send(http.MethodPost, "/api/v1/articles", body, "Content-Type", "application/json", "Authorization", "Bearer "+token)
		if answer.StatusCode != http.StatusCreated {
			return fmt.Errorf("%s: %d %s", headline, answer.StatusCode, text)
		}
	}
	return nil
}

// writeBeside records stories by a handle of its own.
func (s *site) writeBeside(writer, each int) (err error) {
	store, err := repo.Open(s.store.Dir())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for i := range each {
		headline := fmt.Sprintf("Story %d of writer %d", i, writer)
		in := schema.Input{State: schema.State{ID: schema.DeriveID(headline), Headline: headline, Date: "2020-05-01"}, Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate)}
		results, err := store.Record(s.t.Context(), []repo.Draft{{Input: in, Author: schema.Person{Name: "Ed", Email: "ed@example.org"}}}, repo.RecordOptions{})
		if err == nil {
			err = results[0].Err
		}
		if err != nil {
			return fmt.Errorf("%s: %w", headline, err)
		}
	}
	return nil
}
