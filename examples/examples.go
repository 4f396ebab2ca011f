// Package examples holds a small newsroom's worth of real content, embedded in
// the program for `stemma demo` and for tests: event pages at several revisions,
// and a stream of events whose figures climb. SOURCES.md beside it names the
// source and the licence of every file.
//
// Its folders hold small programs that use the library; each is run by a test.
package examples

import "embed"

// FS holds the files that are named below, and SOURCES.md.
//
//go:embed pages current-events.jsonl SOURCES.md
var FS embed.FS

// CurrentEvents is the file of [FS] with a stream of states, one JSON object a
// line, in the order of time.
const CurrentEvents = "current-events.jsonl"

// Sources is the file of [FS] that names sources and licences.
const Sources = "SOURCES.md"

// A Page is one state in a file of [FS]: an event page, or a state as JSON.
type Page struct {
	File      string // its name in FS
	Published string // as schema.ParseTime reads it; a day alone is "not before"
	Note      string // why it changed, where the pages let one see it
	Earlier   bool   // its Changes list tells of versions that no other file holds
}

// Pages gives the states of the pages folder in the order in which they were
// published: chains of revisions of six events.
func Pages() []Page {
	return []Page{
		{File: "pages/united-states-iran-2014.md", Published: "2017-06-16"},
		{File: "pages/iraq-1-2017.md", Published: "2017-05-04"},
		{File: "pages/russia-estonia-1.md", Published: "2017-06-08"},
		{File: "pages/russia-estonia-2.md", Published: "2017-06-20"},
		{File: "pages/russia-estonia-3.md", Published: "2017-08-13", Note: "the topic stands before the headline"},
		{File: "pages/amtrak-1.md", Published: "2018-02-04"},
		{File: "pages/karman-1.md", Published: "2018-02-04"},
		{File: "pages/amtrak-2.json", Published: "2018-02-04"},
		{File: "pages/karman-2.json", Published: "2018-02-04"},
		{File: "pages/salvator-mundi.md", Published: "2018-02-14", Earlier: true},
		{File: "pages/iraq-2-2018.md", Published: "2018-02-14", Note: "the topic becomes the category", Earlier: true},
	}
}
