package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// MediaWikiRedirects reads a dump once and gives, for each title that others
// redirect to, their titles: old ones after a move among them. It looks for tags
// alone, which a text can't hold unescaped, so it is much faster than reading the
// dump.
func MediaWikiRedirects(r io.Reader, name string) (map[string][]string, error) {
	redirects := make(map[string][]string)
	in := bufio.NewReaderSize(r, 256<<10)
	title := ""
	for {
		_, err := in.ReadSlice('<')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return redirects, nil
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		const opening, leads = "title>", `redirect title="`
		tag, _ := in.Peek(len(leads)) // an error comes again from the next read
		switch {
		case bytes.HasPrefix(tag, []byte(opening)):
			title = tagText(in, len(opening), '<')
		case bytes.HasPrefix(tag, []byte(leads)):
			target := tagText(in, len(leads), '"')
			known := redirects[target]
			if title != "" && target != "" && len(known) < schema.MaxItems/10 && !slices.Contains(known, title) {
				redirects[target] = append(known, title)
			}
		}
	}
}

// tagText takes a text up to its end after skip bytes; "" is one that is too long
// for a title.
func tagText(in *bufio.Reader, skip int, end byte) string {
	if _, err := in.Discard(skip); err != nil {
		return ""
	}
	text, err := in.ReadSlice(end)
	if err != nil || len(text) > 4<<10 {
		return ""
	}
	if end == '<' {
		defer in.UnreadByte() // it opens the next tag
	}
	return html.UnescapeString(strings.TrimSpace(string(text[:len(text)-1])))
}
