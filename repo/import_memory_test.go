package repo

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/stemma-project/stemma/schema"
)

// TestPreparedHoldsNoLine checks that what an import holds of a state is cut off from
// the line that it was read from: a short text would keep the whole line in memory,
// and an import holds tens of thousands of them.
func TestPreparedHoldsNoLine(t *testing.T) {
	body := strings.Repeat("A line of the body.\\n", 10_000)
	line := `{"type": "article", "date": "2018-02-06", "category": "Politics", "headline": "A headline", "summary": "It says so.",
		"byline": "By Jane", "language": "en", "contexts": ["Iran", "Iraq"], "sources": [{"name": "The Agency", "url": "https://example.org/1"}],
		"image": {"url": "https://example.org/i.jpg", "caption": "A picture", "credit": "Jim"}, "aliases": ["/old/path"], "house_key": "as it is",
		"published": "2018-02-06T13:49:27Z", "author": {"name": "Jane Doe", "email": "jane@example.org"}, "note": "a note", "key": "k1", "body": "` + body + `"}`
	in, problem := schema.ParseJSON([]byte(line))
	if problem != nil {
		t.Fatal(problem)
	}
	start := uintptr(unsafe.Pointer(unsafe.StringData(in.Category))) - uintptr(strings.Index(line, "Politics"))
	inLine := func(s string) bool {
		at := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		return s != "" && at >= start && at < start+uintptr(len(line))
	}
	if !inLine(in.Author.Name) {
		t.Fatal("the reader's texts don't lie in one line any more: this test sees nothing then")
	}
	p := prepare(&Draft{Input: in, Author: in.Author, Note: in.Note})
	seen := 0
	var walk func(v reflect.Value, name string)
	walk = func(v reflect.Value, name string) {
		switch v.Kind() {
		case reflect.String:
			if seen++; inLine(v.String()) {
				t.Errorf("%s is %.40q in the memory of the line", name, v.String())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), name+"."+v.Type().Field(i).Name)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), name)
			}
		}
	}
	walk(reflect.ValueOf(*p), "prepared")
	if seen < 40 {
		t.Errorf("only %d texts were looked at", seen)
	}
}
