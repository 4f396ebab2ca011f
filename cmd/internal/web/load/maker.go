package load

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Job is what is asked.
type Job struct {
	Address string        // host and port
	Targets []string      // paths with queries, asked in turn
	Header  string        // more header lines of each request, each ended by CR LF
	Clients int           // at a time, each with a connection of its own; 0 is 1
	Count   int           // requests in all; 0 for no bound
	For     time.Duration // how long; 0 for no bound
	// Check looks at every answer; nil wants status 200. Its error ends the job.
	Check func(status int, target string) error
}

// Result is how a job was answered.
type Result struct {
	Requests int
	Bytes    int64         // of bodies
	Took     time.Duration // from the first request to the last answer
	waits    []time.Duration
}

// PerSecond is how many requests were answered in a second.
func (r *Result) PerSecond() float64 { return float64(r.Requests) / max(r.Took.Seconds(), 1e-9) }

// Wait is the time within which a share of the requests, from 0 to 1, was answered.
func (r *Result) Wait(share float64) time.Duration {
	if len(r.waits) == 0 {
		return 0
	}
	return r.waits[min(int(share*float64(len(r.waits))), len(r.waits)-1)]
}

// Run does a job until its bounds or the context end it. The error is of the first
// request that was not answered as it should be.
func Run(ctx context.Context, job Job) (*Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(job.Count))
	began := time.Now()
	goOn := func() bool {
		return ctx.Err() == nil && (job.Count == 0 || left.Add(-1) >= 0) && (job.For == 0 || time.Since(began) < job.For)
	}
	clients := make([]client, max(job.Clients, 1))
	var wait sync.WaitGroup
	for i := range clients {
		c := &clients[i]
		c.job, c.next = &job, i // not all of them ask for the same at once
		wait.Go(func() {
			if c.err = c.run(ctx, goOn); c.err != nil {
				cancel()
			}
		})
	}
	wait.Wait()
	result := &Result{Took: time.Since(began)}
	for i := range clients {
		if clients[i].err != nil {
			return nil, clients[i].err
		}
		result.Requests += len(clients[i].waits)
		result.Bytes += clients[i].bytes
		result.waits = append(result.waits, clients[i].waits...)
	}
	slices.Sort(result.waits)
	return result, nil
}

// client is one connection and what was seen by it.
type client struct {
	job   *Job
	next  int
	waits []time.Duration
	bytes int64
	err   error
}

func (c *client) run(ctx context.Context, goOn func() bool) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.job.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	requests := make([][]byte, len(c.job.Targets))
	for i, target := range c.job.Targets {
		requests[i] = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, c.job.Address, c.job.Header)
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	for goOn() {
		at := c.next % len(requests)
		c.next++
		sent := time.Now()
		if _, err := conn.Write(requests[at]); err != nil {
			return err
		}
		status, n, err := readAnswer(in)
		if err != nil {
			return fmt.Errorf("the answer to GET %s: %w", c.job.Targets[at], err)
		}
		c.waits = append(c.waits, time.Since(sent))
		c.bytes += n
		if c.job.Check != nil {
			err = c.job.Check(status, c.job.Targets[at])
		} else if status != 200 {
			err = fmt.Errorf("status %d of %s", status, c.job.Targets[at])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readAnswer reads an answer to a GET whose connection is kept, and gives its status
// and the length of its body.
func readAnswer(in *bufio.Reader) (status int, size int64, err error) {
	first, err := in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(first) < 12 || !bytes.HasPrefix(first, []byte("HTTP/1.1 ")) {
		return 0, 0, fmt.Errorf("%.40q begins no answer", first)
	}
	if status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return 0, 0, err
	}
	size = -1
	chunked := false
	for {
		row, err := in.ReadSlice('\n')
		if err != nil {
			return status, 0, err
		}
		row = bytes.TrimRight(row, "\r\n")
		if len(row) == 0 {
			break
		}
		name, value, _ := bytes.Cut(row, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if size, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return status, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")):
			return status, 0, fmt.Errorf("status %d, and the server closes the connection", status)
		}
	}
	switch {
	case status == 304 || status == 204:
		return status, 0, nil
	case chunked:
		if size, err = io.Copy(io.Discard, httputil.NewChunkedReader(in)); err == nil {
			_, err = in.ReadSlice('\n') // what the chunks end with
		}
		return status, size, err
	case size < 0:
		return status, 0, fmt.Errorf("status %d, and the answer doesn't say how long it is", status)
	}
	_, err = in.Discard(int(size))
	return status, size, err
}
