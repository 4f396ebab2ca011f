package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// progress says on stderr how far long work is, once it has lasted a second: on a
// terminal one line that changes; elsewhere, where the work asks for it (see
// everywhere), a line now and then, or with --json an object.
type progress struct {
	w      io.Writer // nil where nothing is to be shown
	now    func() time.Time
	what   string // what is counted: "versions"
	start  time.Time
	last   time.Time
	length int           // of the line that stands on the terminal
	every  time.Duration // between two lines that stay; 0 on a terminal
	json   bool
	err    io.Writer
}

// How often work tells how far it is.
const (
	progressOnTerminal = 100 * time.Millisecond
	progressInLines    = 10 * time.Second
	progressInJSON     = time.Second
)

func (a *app) progress(what string) *progress {
	p := &progress{now: a.now, what: what, start: a.now(), json: a.json, err: a.world.err}
	if a.errTerminal && !a.json {
		p.w = a.world.err
	}
	return p
}

// everywhere makes work that may take hours tell how far it is where stderr is no
// terminal too, so that a log of it shows whether it moves.
func (p *progress) everywhere() *progress {
	if p.w != nil {
		return p
	}
	p.w, p.every = p.err, progressInLines
	if p.json {
		p.every = progressInJSON
	}
	return p
}

// at shows that n things are done, which is the share done of all; share <= 0 is
// not known.
func (p *progress) at(n int, share float64) {
	if p.w == nil {
		return
	}
	now := p.now()
	since := now.Sub(p.last)
	if p.last.IsZero() {
		since = now.Sub(p.start)
	}
	if now.Sub(p.start) < time.Second || since < max(p.every, progressOnTerminal) {
		return
	}
	p.last = now
	elapsed := now.Sub(p.start)
	left := time.Duration(-1)
	if share > 0 && share <= 1 {
		left = (time.Duration(elapsed.Seconds()*(1-share)/share*float64(time.Second)) + time.Second/2).Truncate(time.Second)
	}
	if p.json {
		p.event(n, share, elapsed, left)
		return
	}
	text := fmt.Sprintf("%d %s  %.0f/s", n, p.what, float64(n)/elapsed.Seconds())
	if left >= 0 {
		text = fmt.Sprintf("%3.0f%%  %s  %s left", share*100, text, left)
	}
	if p.every > 0 {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintf(p.w, "\r%s%s", text, strings.Repeat(" ", max(0, p.length-len(text))))
	p.length = len(text)
}

// progressEvent is how far work is, as one line of JSON under "progress".
type progressEvent struct {
	What    string   `json:"what"`
	Done    int      `json:"done"`
	Rate    float64  `json:"rate"`              // a second
	Share   *float64 `json:"share,omitempty"`   // of all, 0 to 1, where that is known
	Left    *int     `json:"left,omitempty"`    // seconds, where that is known
	Elapsed int      `json:"elapsed,omitempty"` // seconds
}

func (p *progress) event(n int, share float64, elapsed, left time.Duration) {
	e := progressEvent{What: p.what, Done: n, Rate: math.Round(float64(n)/elapsed.Seconds()*10) / 10, Elapsed: int(elapsed.Seconds())}
	if left >= 0 {
		share, seconds := math.Round(share*1e4)/1e4, int(left.Seconds())
		e.Share, e.Left = &share, &seconds
	}
	b, err := json.Marshal(struct {
		Progress progressEvent `json:"progress"`
	}{e})
	if err == nil { // numbers and a word always encode
		fmt.Fprintf(p.w, "%s\n", b)
	}
}

// clear takes the line away, so that something else can be written.
func (p *progress) clear() {
	if p.w != nil && p.length > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.length))
		p.length = 0
	}
}
