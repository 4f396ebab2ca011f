package main

import (
	"bufio"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The files of a place. Both streams hold the same history: the states as a store
// reads them, and as git fast-import reads what a store makes of them, down to the
// length of the commits' messages.
const (
	statesFile   = "states.jsonl"
	streamFile   = "stream.fi"
	preparedFile = "prepared.json"
)

const (
	blobSamples    = 10_000 // versions that are read at random
	articleSamples = 64     // articles that are recorded on top of
	tailVersions   = 60_000 // fewer than upkeep replays of its own accord
	tailParts      = 31     // as many imports as leave packs behind that upkeep has not touched
)

// prepared is what is known of a place's streams.
type prepared struct {
	Workload workload
	Hot      string            // the id of the hot article
	HotPath  string            // its file in git
	HotCount int               // its versions
	Bytes    int64             // of all files of all versions
	Largest  int               // bytes of the largest file
	Blobs    []string          // object names of versions drawn at random, in random order
	Current  []json.RawMessage // articles drawn at random, as the last version of each has them
	Parts    []int64           // where the parts of the first versions begin in statesFile, and where the last ends
	PartsOf  int               // how many versions the parts hold
}

// articlePath is where a store of three levels keeps an article.
func articlePath(id schema.ID) string {
	s := id.String()
	return s[:1] + "/" + s[1:2] + "/" + s[2:3] + "/" + s + ".md"
}

// prepare writes a place's streams.
func prepare(dir string, w workload, now time.Time) (p *prepared, err error) {
	states, err := createBuffered(filepath.Join(dir, statesFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, states.Close()) }()
	stream, err := createBuffered(filepath.Join(dir, streamFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	p = &prepared{Workload: w, Hot: articleID(0).String(), HotPath: articlePath(articleID(0)), PartsOf: min(w.Versions, tailVersions)}
	story := w.tell()
	err = story.each(func(v *version) error {
		p.markPart(v.Number, states.n)
		line := stateLine(v)
		states.Write(line)
		file := schema.EncodeFile(v.State)
		writeCommit(stream, v, line, file, w.Seed, now)
		p.note(v, file)
		return nil
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprint(stream, "done\n")
	p.markPart(w.Versions, states.n)
	p.sampleArticles(story)
	return p, nil
}

// markPart notes where a part of the tail begins, or the last one ends.
func (p *prepared) markPart(number int, offset int64) {
	if len(p.Parts) <= tailParts && number == p.PartsOf*len(p.Parts)/tailParts {
		p.Parts = append(p.Parts, offset)
	}
}

// note counts a version, and draws it with the chance that makes every version
// equally likely to be drawn in the end (Vitter's algorithm R).
func (p *prepared) note(v *version, file []byte) {
	p.Bytes += int64(len(file))
	p.Largest = max(p.Largest, len(file))
	if v.Article == 0 {
		p.HotCount++
	}
	place := len(p.Blobs)
	if place == blobSamples {
		place = int(mix(p.Workload.Seed, uint64(v.Number), 77) % uint64(v.Number+1))
	} else {
		p.Blobs = append(p.Blobs, "")
	}
	if place < len(p.Blobs) {
		p.Blobs[place] = blobName(file)
	}
}

// sampleArticles draws articles other than the hot one, and mixes the blobs.
func (p *prepared) sampleArticles(story *storyteller) {
	for i := range min(articleSamples, len(story.revisions)-1) {
		article := 1 + i*(len(story.revisions)-1)/articleSamples
		if len(story.revisions) <= articleSamples {
			article = 1 + i
		}
		p.Current = append(p.Current, schema.EncodeJSON(story.state(article)))
	}
	for i := len(p.Blobs) - 1; i > 0; i-- { // Fisher and Yates
		j := int(mix(p.Workload.Seed, uint64(i), 78) % uint64(i+1))
		p.Blobs[i], p.Blobs[j] = p.Blobs[j], p.Blobs[i]
	}
}

// blobName gives the name of a blob, as git gives it.
func blobName(data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// stateLine is a version as a line of a stream of states.
func stateLine(v *version) []byte {
	return schema.EncodeStream(&schema.Input{State: *v.State, Carries: schema.AllFields,
		Published: schema.At(v.Published), Author: v.Author})
}

// writeCommit writes a version as git fast-import reads it. What a store would draw
// or compute (salt and seal) stands there as random digits of the same length: such
// bytes don't compress, whichever they are.
func writeCommit(w io.Writer, v *version, line, file []byte, seed uint64, now time.Time) {
	verb := "Revise"
	if v.Revision == 0 {
		verb = "Create"
	}
	var digits [48]byte
	for i := range len(digits) / 8 {
		binary.BigEndian.PutUint64(digits[8*i:], mix(seed, uint64(v.Number), uint64(i), 79))
	}
	message := fmt.Sprintf("%s: %s\n\nStemma-Article: %s\nStemma-Published: %s\nStemma-Seal: %x\nStemma-Salt: %x\nStemma-Source: sha256=%x reader=json/1 address=%s\n",
		verb, v.State.Headline, v.State.ID, schema.At(v.Published), digits[:32], digits[32:], sha256.Sum256(line[:len(line)-1]), statesFile)
	fmt.Fprintf(w, "commit refs/heads/main\nauthor %s <%s> %d +0000\ncommitter %[1]s <%[2]s> %[4]d +0000\ndata %[5]d\n%[6]s",
		v.Author.Name, v.Author.Email, v.Published.Unix(), now.Unix(), len(message), message)
	fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", articlePath(v.State.ID), len(file), file)
}

// bufferedFile counts what is written to a file; an error is told by Close.
type bufferedFile struct {
	*bufio.Writer
	file *os.File
	n    int64
}

func createBuffered(name string) (*bufferedFile, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &bufferedFile{Writer: bufio.NewWriterSize(f, 1<<20), file: f}, nil
}

func (f *bufferedFile) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	f.n += int64(n)
	return n, err
}

func (f *bufferedFile) Close() error {
	return errors.Join(f.Flush(), f.file.Close())
}
