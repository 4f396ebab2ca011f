package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/stemma-project/stemma/schema"
)

// JSONLOptions say how a stream is read.
type JSONLOptions struct {
	// Stream is the stream's name in the keys of its documents: two streams of one
	// name hold the same documents. "" is [StreamName] of the file's name.
	Stream string

	// Encoding is the IANA name of the encoding of texts that are no UTF-8, such as
	// ISO-8859-1; "" refuses them.
	Encoding string
}

// JSONL reads a stream of states, one JSON object a line (schema.json says which
// keys it may hold). Blank lines are passed over. A state with a key and no id
// gets the id that belongs to the key ([schema.DeriveID]), so that reading the
// same stream twice leads to the same articles. What an export says of a version
// beside its state ([EncodeVersion]) is taken back into the item.
//
// A line with doc and text is one of a history of documents: doc (the document's
// name), n, time, author, msg, commit, and text, which null withdraws. It becomes
// an article whose key is the stream's name and doc, and for which doc is an alias;
// [OriginalText] gives its text back. A document whose very first line (n is 1)
// withdraws it is an article that was withdrawn, of which no text is known. A text
// that is no UTF-8 stands base64-encoded under b64; it is read in the encoding that
// the line or [JSONLOptions] names, and refused where none is named.
//
// name is the stream's name in items and problems. A line that is longer than
// [MaxState] is refused without being held in memory.
func JSONL(r io.Reader, name string) iter.Seq2[Item, error] {
	return JSONLWith(r, name, JSONLOptions{})
}

// JSONLWith is [JSONL] with options.
func JSONLWith(r io.Reader, name string, opt JSONLOptions) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		lines := lineReader{r: bufio.NewReaderSize(r, 256<<10)}
		if opt.Stream == "" {
			opt.Stream = StreamName(name)
		}
		revisions := &revisionReader{name: name, opt: opt}
		for {
			line, err := lines.next()
			if err != nil && !errors.Is(err, errLongLine) {
				if !errors.Is(err, io.EOF) {
					yield(Item{}, fmt.Errorf("reading %s: %w", name, err))
				}
				return
			}
			var item Item
			var problem *schema.Problem
			switch {
			case err != nil:
				problem = &schema.Problem{Line: 1, Reason: fmt.Sprintf("the line is longer than %d MiB", MaxState>>20)}
			case len(bytes.TrimSpace(line)) == 0:
				continue
			default:
				item, problem = readLine(line, revisions, lines.number)
			}
			if problem != nil {
				problem.File, problem.Line = name, lines.number
				if !yield(Item{}, problem) {
					return
				}
				continue
			}
			item.Offset = lines.offset
			if !yield(item, nil) {
				return
			}
		}
	}
}

// readLine reads the state on one line.
func readLine(line []byte, revisions *revisionReader, number int) (Item, *schema.Problem) {
	if number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if isRevision(line) {
		return revisions.read(line, number)
	}
	in, problem := schema.ParseJSON(line)
	if problem != nil {
		return Item{}, problem
	}
	if in.ID.IsZero() && in.Key != "" {
		in.ID = schema.DeriveID(in.Key)
	}
	as := takeRecordedAs(&in)
	item := newItem(in, line, schema.FormatJSON, revisions.name, number)
	item.RecordedAs = as
	return item, nil
}

var errLongLine = errors.New("line too long")

// lineReader reads lines of bounded length and goes on after one that is longer.
type lineReader struct {
	r      *bufio.Reader
	number int   // of the line read last, from 1
	offset int64 // bytes read so far
	buf    []byte
}

// next gives the next line without its LF. The bytes are good until the next call.
func (l *lineReader) next() ([]byte, error) {
	l.buf = l.buf[:0]
	l.number++
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		l.offset += int64(len(part))
		if long = long || len(l.buf)+len(part) > MaxState; !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errLongLine
		case err != nil && len(l.buf) == 0:
			return nil, io.EOF
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r")), nil
	}
}
