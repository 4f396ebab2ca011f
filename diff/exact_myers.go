package diff

import "slices"

// traceWords is the greatest number of V entries that Myers' algorithm may keep to
// walk back through: 16 MiB.
const traceWords = 1 << 22

// myersScratch holds the furthest-reaching points of the running step and of all
// steps before it.
type myersScratch struct {
	v     []int32
	trace []int32 // V[-d-1 … d+1] before step d, for d = 0, 1, …
}

// myersLCS is the greedy algorithm of Myers (1986), figure 2: it walks the edit
// graph in order of the number of differences, so it is quick where there are few.
// It gives up, and adds nothing, once it has done more than limit steps, or when a
// thirty-second of these shows that it would come to several times as many: after d
// differences on the first part of the way, the whole has d ÷ part of them.
func (x *exactScratch) myersLCS(p, q sequence, limit int64) bool {
	a, b := p.id, q.id
	n, m := int32(len(a)), int32(len(b))
	s := &x.myers
	s.trace = s.trace[:0]
	reach := int32(1)
	for 2*limit > int64(reach)*int64(reach) && reach < n+m { // the limit allows no more
		reach *= 2
	}
	zero := min(reach, n+m) + 1
	if size := int(2*zero + 1); cap(s.v) < size {
		s.v = make([]int32, size)
	}
	v := s.v[:2*zero+1]
	v[zero+1] = 0
	var steps int64
	probe := limit / 32
	for d := int32(0); d < zero && steps <= limit && len(s.trace)+int(2*d+3) <= traceWords; d++ {
		s.trace = append(s.trace, v[zero-d-1:zero+d+2]...)
		furthest := int32(0)
		// diagonals beyond the corners of the graph have nothing to add
		for k := -d + 2*max(0, d-m); k <= d-2*max(0, d-n); k += 2 {
			at := v[zero+k+1]
			if k != -d && (k == d || v[zero+k-1] >= at) {
				at = v[zero+k-1] + 1
			}
			from := at
			for at < n && at-k < m && a[at] == b[at-k] {
				at++
			}
			steps += int64(at-from) + 1
			v[zero+k] = at
			furthest = max(furthest, 2*at-k)
			if at >= n && at-k >= m {
				x.steps += steps
				x.myersBack(p, q, d)
				return true
			}
		}
		if steps > probe {
			if all := float64(d) * float64(n+m) / float64(furthest+1); all*all/2 > 4*float64(limit) {
				break
			}
			probe = 2 * steps
		}
	}
	x.steps += steps
	return false
}

// myersBack walks the kept points back from the end after step d.
func (x *exactScratch) myersBack(p, q sequence, d int32) {
	i, j := int32(p.len()), int32(q.len())
	first := len(x.pairs)
	end := len(x.myers.trace)
	for ; d >= 0; d-- {
		row := x.myers.trace[end-int(2*d+3) : end]
		end -= int(2*d + 3)
		k, zero := i-j, d+1
		down := k == -d || k != d && row[zero+k-1] < row[zero+k+1]
		before := row[zero+k+1] // where the step's diagonal begins
		if !down {
			before = row[zero+k-1] + 1
		}
		for i > before {
			i, j = i-1, j-1
			x.pairs = append(x.pairs, pair{p.at[i], q.at[j]})
		}
		if down {
			j--
		} else {
			i--
		}
	}
	slices.Reverse(x.pairs[first:])
}
