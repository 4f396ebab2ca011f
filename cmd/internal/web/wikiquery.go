package web

import (
	"crypto/sha1" // what clients of MediaWiki compare texts by
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// runQuery is action=query.
func (r *wikiRequest) runQuery() (map[string]any, error) {
	props, err := r.choice("prop", "", "", "revisions", "info", "pageprops", "imageinfo", "categories")
	if err != nil {
		return nil, err
	}
	lists, err := r.choice("list", "", "", "allpages", "recentchanges")
	if err != nil {
		return nil, err
	}
	metas, err := r.choice("meta", "", "", "siteinfo", "userinfo")
	if err != nil {
		return nil, err
	}
	for _, m := range metas {
		switch m {
		case "siteinfo":
			err = r.siteInfo()
		case "userinfo":
			r.userInfo()
		}
		if err != nil {
			return nil, err
		}
	}
	for _, l := range lists {
		switch l {
		case "allpages":
			err = r.allPages()
		case "recentchanges":
			err = r.recentChanges()
		}
		if err != nil {
			return nil, err
		}
	}
	if err := r.selected(props); err != nil {
		return nil, err
	}
	answer := map[string]any{"query": r.query}
	if len(r.goOn) > 0 {
		r.goOn["continue"] = "-||"
		answer["continue"] = r.goOn
	} else {
		answer["batchcomplete"] = true
	}
	return answer, nil
}

// selected adds the pages that titles, pageids, revids or a generator name, with the
// properties that are asked for.
func (r *wikiRequest) selected(props []string) error {
	titles, pageids, revids := r.list("titles"), r.list("pageids"), r.list("revids")
	generator := r.q.Get("generator")
	if len(titles)+len(pageids)+len(revids) == 0 && generator == "" {
		return nil
	}
	if max(len(titles), len(pageids), len(revids)) > wikiMany {
		return wikiErrorf("toomanyvalues", "Too many values supplied for parameter. The limit is %d.", wikiMany)
	}
	var stories []*story
	chosen := map[schema.ID][]repo.Version{} // by revids
	r.pages = []map[string]any{}
	for _, title := range titles {
		st, err := r.pageTitled(title)
		if err != nil {
			return err
		}
		if st != nil && !slices.ContainsFunc(stories, func(o *story) bool { return o.id == st.id }) {
			stories = append(stories, st)
		}
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"pageids", pageids}, {"revids", revids}} {
		for _, text := range list.values {
			v, st, err := r.numbered(list.name, text)
			if err != nil {
				return err
			}
			if st == nil {
				continue
			}
			if !slices.ContainsFunc(stories, func(o *story) bool { return o.id == st.id }) {
				stories = append(stories, st)
			}
			if list.name == "revids" {
				chosen[st.id] = append(chosen[st.id], v)
			}
		}
	}
	switch generator {
	case "":
	case "allpages":
		versions, err := r.pageList("g")
		if err != nil {
			return err
		}
		for _, v := range versions {
			st, err := r.storyOf(v.Article)
			if err != nil {
				return err
			}
			stories = append(stories, st)
		}
	default:
		return wikiErrorf("badvalue", "Unrecognized value for parameter \"generator\": %s.", generator)
	}
	for _, st := range stories {
		page, err := r.page(st, props, chosen[st.id], len(stories) > 1)
		if err != nil {
			return err
		}
		r.pages = append(r.pages, page)
	}
	r.query["pages"] = r.pages
	return nil
}

// pageTitled finds the page of a title and notes what it was called instead. One that
// is not there is noted among the pages; the story is nil then.
func (r *wikiRequest) pageTitled(title string) (*story, error) {
	if strings.TrimSpace(title) == "" || strings.ContainsAny(title, "#<>[]{}|\x00\n") {
		r.pages = append(r.pages, map[string]any{"title": title, "invalid": true, "invalidreason": "The requested page title is empty or contains invalid characters."})
		return nil, nil
	}
	id, err := r.titled(title)
	var missing *repo.NotFoundError
	if errors.As(err, &missing) {
		r.pages = append(r.pages, map[string]any{"ns": 0, "title": strings.ReplaceAll(title, "_", " "), "missing": true})
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := r.storyOf(id)
	if err != nil {
		return nil, err
	}
	v := st.current()
	if now := wikiTitle(&v); now != title {
		member := map[string]any{"from": title, "to": now}
		name := "normalized"
		if r.q.Has("redirects") && schema.AliasKey("/"+strings.ReplaceAll(title, " ", "_")) != schema.AliasKey(v.Path) {
			name = "redirects"
		} else {
			member["fromencoded"] = false
		}
		list, _ := r.query[name].([]map[string]any)
		r.query[name] = append(list, member)
	}
	return st, nil
}

// numbered finds the version that a pageid or a revid names, and its article. One that
// is not there is noted; the story is nil then.
func (r *wikiRequest) numbered(param, text string) (v repo.Version, st *story, err error) {
	v, err = r.byNumber(param, text)
	var missing *repo.NotFoundError
	if errors.As(err, &missing) {
		if param == "pageids" {
			r.pages = append(r.pages, map[string]any{"pageid": parsedNumber(text), "missing": true})
		} else {
			bad, _ := r.query["badrevids"].(map[string]any)
			if bad == nil {
				bad = map[string]any{}
			}
			bad[text] = map[string]any{"revid": parsedNumber(text), "missing": true}
			r.query["badrevids"] = bad
		}
		return v, nil, nil
	}
	if err == nil {
		st, err = r.storyOf(v.Article)
	}
	return v, st, err
}

func parsedNumber(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n) // it was read before
	return n
}

func (r *wikiRequest) byNumber(param, text string) (repo.Version, error) {
	var n int64
	if _, err := fmt.Sscanf(text+"\n", "%d\n", &n); err != nil || n < 0 {
		return repo.Version{}, wikiErrorf("badinteger", "Invalid value %q for integer parameter %q.", text, param)
	}
	return r.site.store.AtSequence(r.Context(), n)
}

// page is what is told of a page.
func (r *wikiRequest) page(st *story, props []string, chosen []repo.Version, several bool) (map[string]any, error) {
	v := st.current()
	page := map[string]any{"pageid": st.pageID(), "ns": 0, "title": wikiTitle(&v)}
	for _, p := range props {
		switch p {
		case "info":
			file, err := r.content(v)
			if err != nil {
				return nil, err
			}
			page["contentmodel"], page["pagelanguage"], page["touched"], page["lastrevid"], page["length"] = "text", "en", wikiTime(v.Recorded), v.Sequence(), len(file)
			if slices.Contains(r.list("inprop"), "protection") {
				page["protection"], page["restrictiontypes"] = []any{}, []any{"edit", "move"}
			}
			if slices.Contains(r.list("inprop"), "url") {
				page["fullurl"], page["canonicalurl"] = r.site.base+address(v.Path, viewArticle, "html"), r.site.base+address(v.Path, viewArticle, "html")
			}
			if st.versions[0].Number == v.Number {
				page["new"] = true
			}
		case "revisions":
			list, err := r.revisions(st, chosen, several)
			if err != nil {
				return nil, err
			}
			if len(list) > 0 {
				page["revisions"] = list
			}
		}
	}
	return page, nil
}

// content is the text of a version: its canonical file.
func (r *wikiRequest) content(v repo.Version) ([]byte, error) {
	state, err := r.site.store.State(r.Context(), v)
	if err != nil {
		return nil, err
	}
	return schema.EncodeFile(state), nil
}

// revisions is prop=revisions of one page.
func (r *wikiRequest) revisions(st *story, chosen []repo.Version, several bool) ([]map[string]any, error) {
	props, err := r.choice("rvprop", "ids|timestamp|flags|comment|user", "ids", "timestamp", "flags", "comment", "parsedcomment", "user", "userid", "size", "slotsize", "sha1", "slotsha1", "contentmodel", "content", "tags", "roles")
	if err != nil {
		return nil, err
	}
	list := chosen
	if list == nil {
		if list, err = r.window(st, several); err != nil {
			return nil, err
		}
	}
	out := make([]map[string]any, 0, len(list))
	for i := range list {
		one, err := r.revision(st, &list[i], props)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// window gives the versions that the parameters of prop=revisions let through: the
// current one alone where none is given.
func (r *wikiRequest) window(st *story, several bool) ([]repo.Version, error) {
	asked := false
	for _, name := range []string{"rvlimit", "rvstart", "rvend", "rvstartid", "rvendid", "rvuser", "rvexcludeuser", "rvcontinue"} {
		asked = asked || r.q.Get(name) != ""
	}
	newer := r.q.Get("rvdir") == "newer"
	if _, err := r.choice("rvdir", "older", "older", "newer"); err != nil {
		return nil, err
	}
	if !asked && !newer {
		return []repo.Version{st.current()}, nil
	}
	if several {
		return nil, wikiErrorf("rvmultpages", "titles, pageids or a generator was used to supply multiple pages, but the rvlimit, rvstartid, rvendid, rvdir=newer, rvuser, rvexcludeuser, rvstart, and rvend parameters may only be used on a single page.")
	}
	limit, err := r.limit("rvlimit", 10)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(st.versions)
	if !newer {
		slices.Reverse(list)
	}
	if list, err = r.bounded(list, newer); err != nil {
		return nil, err
	}
	next, err := r.goOnWith("rvcontinue")
	if err != nil {
		return nil, err
	}
	if next > 0 {
		at := slices.IndexFunc(list, func(v repo.Version) bool { return v.Sequence() == next })
		if at < 0 {
			return nil, wikiErrorf("badcontinue", "Invalid continue param. You should pass the original value returned by the previous query.")
		}
		list = list[at:]
	}
	if len(list) > limit {
		v := list[limit]
		r.goOn["rvcontinue"] = fmt.Sprintf("%s|%d", v.Published.T.UTC().Format(wikiStamp), v.Sequence())
		list = list[:limit]
	}
	return list, nil
}

// bounded leaves out what lies before the start and behind the end, and other users.
func (r *wikiRequest) bounded(list []repo.Version, newer bool) ([]repo.Version, error) {
	for _, edge := range []string{"start", "end"} {
		t, given, err := r.moment("rv" + edge)
		if err != nil {
			return nil, err
		}
		id, err := r.number("rv" + edge + "id")
		if err != nil {
			return nil, err
		}
		if id > 0 {
			at := slices.IndexFunc(list, func(v repo.Version) bool { return v.Sequence() == id })
			switch {
			case at < 0:
				return nil, wikiErrorf("nosuchrevid", "There is no revision with ID %d.", id)
			case edge == "start":
				list = list[at:]
			default:
				list = list[:at+1]
			}
		}
		if given {
			early := (edge == "start") == newer // what is left out is before t
			list = slices.DeleteFunc(slices.Clone(list), func(v repo.Version) bool {
				if early {
					return v.Published.T.Before(t)
				}
				return v.Published.T.After(t)
			})
		}
	}
	user, not := r.q.Get("rvuser"), r.q.Get("rvexcludeuser")
	return slices.DeleteFunc(slices.Clone(list), func(v repo.Version) bool {
		return user != "" && v.Author.Name != user || not != "" && v.Author.Name == not
	}), nil
}

// revision is what is told of a version.
func (r *wikiRequest) revision(st *story, v *repo.Version, props []string) (map[string]any, error) {
	one := map[string]any{}
	slot := map[string]any{}
	slots := r.q.Has("rvslots")
	for _, p := range props {
		switch p {
		case "ids":
			one["revid"], one["parentid"] = v.Sequence(), st.parent(v.Number)
		case "timestamp":
			one["timestamp"] = wikiTime(v.Published.T)
		case "flags":
			one["minor"] = false
		case "user":
			one["user"] = v.Author.Name
		case "userid":
			one["userid"] = 0
		case "comment":
			one["comment"] = wikiComment(v)
		case "parsedcomment":
			one["parsedcomment"] = escapeHTML(wikiComment(v))
		case "tags":
			one["tags"] = kindNames(v.Kinds)
		case "roles":
			one["roles"] = []string{"main"}
		case "contentmodel":
			slot["contentmodel"] = "text"
		case "size", "slotsize", "sha1", "slotsha1", "content":
			file, err := r.content(*v)
			if err != nil {
				return nil, err
			}
			sum := fmt.Sprintf("%x", sha1.Sum(file))
			switch p {
			case "size":
				one["size"] = len(file)
			case "slotsize":
				slot["size"] = len(file)
			case "sha1":
				one["sha1"] = sum
			case "slotsha1":
				slot["sha1"] = sum
			case "content":
				slot["contentmodel"], slot["contentformat"], slot["content"] = "text", "text/plain", string(file)
			}
		}
	}
	if len(slot) > 0 && slots {
		one["slots"] = map[string]any{"main": slot}
		return one, nil
	}
	maps.Copy(one, slot) // as before there were slots
	return one, nil
}

// parent is the number of the version before one in Changes; 0 for the first.
func (st *story) parent(number int) int64 {
	if at := st.position(number); at > 0 {
		return st.versions[at-1].Sequence()
	}
	return 0
}

// wikiComment is what a version says about itself: its note, or the kinds of change.
func wikiComment(v *repo.Version) string {
	if v.Note != "" {
		return v.Note
	}
	return strings.Join(kindNames(v.Kinds), ", ")
}

// userInfo is meta=userinfo.
func (r *wikiRequest) userInfo() {
	info := map[string]any{"id": 0, "name": "anonymous", "anon": true, "groups": []string{"*"}, "rights": []string{"read"}}
	if u, ok := userOf(r.Request); ok {
		info["name"] = u.Name
		info["anon"] = false
		info["id"] = 1
	}
	r.query["userinfo"] = info
}

// siteInfo is meta=siteinfo.
func (r *wikiRequest) siteInfo() error {
	props, err := r.choice("siprop", "general", "general", "namespaces", "namespacealiases", "statistics", "interwikimap", "specialpagealiases", "magicwords", "extensions", "rightsinfo", "usergroups", "languages")
	if err != nil {
		return err
	}
	host := strings.TrimPrefix(strings.TrimPrefix(r.site.base, "https://"), "http://")
	for _, p := range props {
		switch p {
		case "general":
			r.query["general"] = map[string]any{
				"mainpage": "Main Page", "base": r.site.base + "/", "sitename": r.site.title, "generator": "MediaWiki 1.39.0 (stemma)",
				"case": "case-sensitive", "lang": "en", "rtl": false, "readonly": true, "readonlyreason": "Versions are recorded by other ways.", "writeapi": false,
				"timezone": "UTC", "timeoffset": 0, "articlepath": "/$1.html", "scriptpath": "", "script": "/index.php", "variantarticlepath": false,
				"server": r.site.base, "servername": host, "wikiid": "stemma", "time": wikiTime(r.site.now()), "maxarticlesize": maxAPIBody,
				"legaltitlechars": ` %!"$&'()*,\-.\/0-9:;=?@A-Z\\^_` + "`" + `a-z~\x80-\xFF+`, "fallback": []any{},
			}
		case "namespaces":
			r.query["namespaces"] = r.namespaces()
		default:
			r.query[p] = []map[string]any{}
		}
	}
	return nil
}

// namespaces are those that clients look for: articles are in the first, and the
// others are empty.
func (r *wikiRequest) namespaces() map[string]any {
	name := "name"
	if !r.second() {
		name = "*"
	}
	out := map[string]any{}
	for id, text := range map[int]string{-2: "Media", -1: "Special", 0: "", 6: "File", 14: "Category"} {
		n := map[string]any{"id": id, name: text, "case": "case-sensitive", "subpages": false, "content": id == 0, "nonincludable": false}
		if text != "" {
			n["canonical"] = text
		}
		out[fmt.Sprint(id)] = n
	}
	return out
}
