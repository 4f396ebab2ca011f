package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// duration writes seconds with three digits, "–" for none.
func duration(seconds float64) string {
	switch {
	case seconds <= 0:
		return "–"
	case seconds < 1e-3:
		return digits(seconds*1e6) + " µs"
	case seconds < 1:
		return digits(seconds*1e3) + " ms"
	}
	return digits(seconds) + " s"
}

// size writes bytes with three digits, "–" for none.
func size(bytes int64) string {
	b := float64(bytes)
	switch {
	case bytes <= 0:
		return "–"
	case b < 1e3:
		return digits(b) + " B"
	case b < 1e6:
		return digits(b/1e3) + " kB"
	case b < 1e9:
		return digits(b/1e6) + " MB"
	}
	return digits(b/1e9) + " GB"
}

// digits writes a positive number with three digits that count.
func digits(x float64) string {
	if x <= 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return "–"
	}
	places := 2 - int(math.Floor(math.Log10(x)))
	return strconv.FormatFloat(x, 'f', min(max(places, 0), 6), 64)
}

// count writes a number with commas between the thousands.
func count(x float64) string {
	s := strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// parseSizes reads "1k,100k,1M".
func parseSizes(s string) ([]int, error) {
	var sizes []int
	for word := range strings.SplitSeq(s, ",") {
		number, factor := strings.TrimSpace(word), 1
		switch {
		case strings.HasSuffix(number, "k"):
			number, factor = strings.TrimSuffix(number, "k"), 1000
		case strings.HasSuffix(number, "M"):
			number, factor = strings.TrimSuffix(number, "M"), 1_000_000
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > 10_000_000/factor || n*factor < 10 {
			return nil, fmt.Errorf("%q is no size: a number of versions from 10 to 10M is wanted, as 500, 100k or 1M", word)
		}
		sizes = append(sizes, n*factor)
	}
	return sizes, nil
}

// sizeName writes a size as -sizes takes it.
func sizeName(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return strconv.Itoa(n/1_000_000) + "M"
	case n >= 1000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.Itoa(n)
}
