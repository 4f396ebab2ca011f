package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo"
)

// pageList gives the current versions of a list of pages in the order of their
// titles; prefix stands before the names of its parameters.
func (r *wikiRequest) pageList(prefix string) ([]repo.Version, error) {
	limit, err := r.limit(prefix+"aplimit", 10)
	if err != nil {
		return nil, err
	}
	param := func(name string) string {
		return strings.ReplaceAll(r.q.Get(prefix+"ap"+name), " ", "_")
	}
	if ns := param("namespace"); ns != "" && ns != "0" || param("filterredir") == "redirects" {
		return nil, nil // pages are in one namespace, and none is a redirect
	}
	f := repo.ListFilter{ByPath: true, Limit: limit + 1}
	if p := param("prefix"); p != "" {
		f.Prefix = "/" + p
	}
	if from := param("from"); from != "" {
		f.From.Path = "/" + from
	}
	if next := param("continue"); next != "" {
		f.From.Path = "/" + next
	}
	list, err := r.site.store.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	if to := param("to"); to != "" {
		list = slices.DeleteFunc(list, func(v repo.Version) bool { return v.Path > "/"+to })
	}
	if len(list) > limit {
		r.goOn[prefix+"apcontinue"] = strings.TrimPrefix(list[limit].Path, "/")
		list = list[:limit]
	}
	return list, nil
}

// allPages is list=allpages.
func (r *wikiRequest) allPages() error {
	list, err := r.pageList("")
	if err != nil {
		return err
	}
	out := []map[string]any{}
	for i := range list {
		st, err := r.storyOf(list[i].Article)
		if err != nil {
			return err
		}
		out = append(out, map[string]any{"pageid": st.pageID(), "ns": 0, "title": wikiTitle(&list[i])})
	}
	r.query["allpages"] = out
	return nil
}

// recentChanges is list=recentchanges: the log of the store, by the time of recording.
func (r *wikiRequest) recentChanges() error {
	props, err := r.choice("rcprop", "title|timestamp|ids", "user", "userid", "comment", "parsedcomment", "flags", "timestamp", "title", "ids", "sizes", "redirect", "patrolled", "loginfo", "tags", "sha1")
	if err != nil {
		return err
	}
	if _, err := r.choice("rcdir", "older", "older"); err != nil {
		return err
	}
	types, err := r.choice("rctype", "edit|new", "edit", "new", "log", "external", "categorize")
	if err != nil {
		return err
	}
	limit, err := r.limit("rclimit", 10)
	if err != nil {
		return err
	}
	f := repo.LogFilter{Author: r.q.Get("rcuser")}
	if next, err := r.goOnWith("rccontinue"); err != nil {
		return err
	} else if next > 0 {
		f.Before = next + 1
	}
	if t, given, err := r.moment("rcstart"); err != nil {
		return err
	} else if given {
		f.Until = t.Add(1)
	}
	if t, given, err := r.moment("rcend"); err != nil {
		return err
	} else if given {
		f.Since = t
	}
	out := []map[string]any{}
	for v, err := range r.site.store.Log(r.Context(), f) {
		if err != nil {
			return err
		}
		if user := r.q.Get("rcuser"); user != "" && v.Author.Name != user {
			continue
		}
		st, err := r.storyOf(v.Article)
		if err != nil {
			return err
		}
		kind := "edit"
		if st.parent(v.Number) == 0 {
			kind = "new"
		}
		if !slices.Contains(types, kind) {
			continue
		}
		if len(out) == limit {
			r.goOn["rccontinue"] = fmt.Sprintf("%s|%d", v.Recorded.UTC().Format(wikiStamp), v.Sequence())
			break
		}
		one, err := r.recentChange(st, &v, kind, props)
		if err != nil {
			return err
		}
		out = append(out, one)
	}
	r.query["recentchanges"] = out
	return nil
}

func (r *wikiRequest) recentChange(st *story, v *repo.Version, kind string, props []string) (map[string]any, error) {
	one := map[string]any{"type": kind}
	for _, p := range props {
		switch p {
		case "title":
			now := st.current()
			one["ns"], one["title"] = 0, wikiTitle(&now)
		case "ids":
			one["pageid"], one["revid"], one["old_revid"], one["rcid"] = st.pageID(), v.Sequence(), st.parent(v.Number), v.Sequence()
		case "timestamp":
			one["timestamp"] = wikiTime(v.Recorded)
		case "user":
			one["user"] = v.Author.Name
		case "comment":
			one["comment"] = wikiComment(v)
		case "parsedcomment":
			one["parsedcomment"] = escapeHTML(wikiComment(v))
		case "flags":
			one["bot"], one["new"], one["minor"] = false, kind == "new", false
		case "tags":
			one["tags"] = kindNames(v.Kinds)
		case "sizes":
			file, err := r.content(*v)
			if err != nil {
				return nil, err
			}
			one["oldlen"], one["newlen"] = 0, len(file)
			if at := st.position(v.Number); at > 0 {
				before, err := r.content(st.versions[at-1])
				if err != nil {
					return nil, err
				}
				one["oldlen"] = len(before)
			}
		}
	}
	return one, nil
}
