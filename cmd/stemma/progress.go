package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress is the line on stderr that says how far long work is: shown on a
// terminal alone, and only once the work has lasted a second.
type progress struct {
	w      io.Writer // nil where nothing is to be shown
	now    func() time.Time
	what   string // what is counted: "versions"
	start  time.Time
	last   time.Time
	length int // of the line that stands there
}

func (a *app) progress(what string) *progress {
	p := &progress{now: a.now, what: what, start: a.now()}
	if a.errTerminal && !a.json {
		p.w = a.world.err
	}
	return p
}

// at shows that n things are done, which is the share done of all; share <= 0 is
// not known.
func (p *progress) at(n int, share float64) {
	now := p.now()
	if p.w == nil || now.Sub(p.start) < time.Second || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last = now
	elapsed := now.Sub(p.start).Seconds()
	text := fmt.Sprintf("%d %s  %.0f/s", n, p.what, float64(n)/elapsed)
	if share > 0 && share <= 1 {
		left := time.Duration(elapsed*(1-share)/share*float64(time.Second)) + time.Second/2
		text = fmt.Sprintf("%3.0f%%  %s  %s left", share*100, text, left.Truncate(time.Second))
	}
	fmt.Fprintf(p.w, "\r%s%s", text, strings.Repeat(" ", max(0, p.length-len(text))))
	p.length = len(text)
}

// clear takes the line away, so that something else can be written.
func (p *progress) clear() {
	if p.w != nil && p.length > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.length))
		p.length = 0
	}
}
