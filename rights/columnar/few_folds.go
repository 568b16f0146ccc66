package columnar

import (
	"math/bits"

	"codeberg.org/parvis/parvis/rights/ir"
)

// fold gathers the values of the subjects that a path leads to, in their order.
func (w *few) fold(i int32, n *step, s *seen, rows uint64) {
	to := w.targets(n)
	filter, body := w.code.lists[n.at], w.code.lists[n.at+1]
	kind := ir.FoldKind(n.mode)
	if kind == ir.FoldAny || kind == ir.FoldAll {
		w.until(i, s, rows, to, filter, body, kind)
		return
	}
	var members uint64
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		for e := to.from[k]; e < to.from[k+1]; e++ {
			members |= 1 << to.at(e)
		}
	}
	in := members
	if filter != -1 && members != 0 {
		x, m := w.look(filter, members)
		in = mask(x, m, members)
	}
	var x []float64
	var xm int
	if in != 0 {
		x, xm = w.look(body, in)
	}
	d := w.own(s)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		total, count := 0.0, 0
		for e := to.from[k]; e < to.from[k+1]; e++ {
			t := to.at(e)
			if filter != -1 {
				w.saw(i, filter, k, t)
			}
			if in>>t&1 == 0 {
				continue
			}
			w.saw(i, body, k, t)
			if kind == ir.FoldCount {
				total += b2f(x[t&xm] != 0)
				continue
			}
			total = gatherOne(kind, total, x[t&xm], count == 0)
			count++
		}
		switch {
		case kind == ir.FoldCount || kind == ir.FoldSum:
		case count == 0:
			s.na |= 1 << k
		case kind == ir.FoldMean:
			total /= float64(count)
		}
		d[k] = total
	}
}

// until is « un des » and « tous les »: members after the one that decides are not
// looked at.
func (w *few) until(i int32, s *seen, rows uint64, to targets, filter, body int32, kind ir.FoldKind) {
	open, hit := rows, uint64(0)
	for place := int32(0); open != 0; place++ {
		var here uint64 // rows that have a member in that place
		var members uint64
		for left := open; left != 0; left &= left - 1 {
			if k := bits.TrailingZeros64(left); to.from[k]+place < to.from[k+1] {
				here |= 1 << k
				members |= 1 << to.at(to.from[k]+place)
			}
		}
		open = here
		if here == 0 {
			break
		}
		in := members
		if filter != -1 {
			x, m := w.look(filter, members)
			in = mask(x, m, members)
		}
		on := in
		if in != 0 {
			x, m := w.look(body, in)
			on = mask(x, m, in)
		}
		for left := here; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			t := to.at(to.from[k] + place)
			if filter != -1 {
				w.saw(i, filter, k, t)
			}
			if in>>t&1 == 0 {
				continue
			}
			w.saw(i, body, k, t)
			if (on>>t&1 != 0) == (kind == ir.FoldAny) {
				hit |= 1 << k
				open &^= 1 << k
			}
		}
	}
	if kind == ir.FoldAll {
		hit = ^hit
	}
	put(w.own(s), rows, hit)
}

// months gathers the values of a run of months, in their order.
func (w *few) months(i int32, n *step, s *seen, rows uint64) {
	kind := ir.FoldKind(n.mode)
	list := w.code.lists[n.at : n.at+n.n]
	if kind == ir.FoldAny || kind == ir.FoldAll {
		open := rows
		for l := 0; l < len(list) && open != 0; l += 2 {
			in := open
			if list[l] != -1 {
				in = w.truth(i, list[l], open)
			}
			if in == 0 {
				continue
			}
			on := w.truth(i, list[l+1], in)
			if kind == ir.FoldAny {
				open &^= on
			} else {
				open &^= in &^ on
			}
		}
		if kind == ir.FoldAny {
			open = ^open
		}
		put(w.own(s), rows, open)
		return
	}
	var totals [64]float64
	var counts [64]int32
	for l := 0; l < len(list); l += 2 {
		in := rows
		if list[l] != -1 {
			if in = w.truth(i, list[l], rows); in == 0 {
				continue
			}
		}
		x, m := w.read(i, list[l+1], in)
		for left := in; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			if kind == ir.FoldCount {
				totals[k] += b2f(x[k&m] != 0)
				continue
			}
			totals[k] = gatherOne(kind, totals[k], x[k&m], counts[k] == 0)
			counts[k]++
		}
	}
	d := w.own(s)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		switch {
		case kind == ir.FoldCount || kind == ir.FoldSum:
		case counts[k] == 0:
			s.na |= 1 << k
		case kind == ir.FoldMean:
			totals[k] /= float64(counts[k])
		}
		d[k] = totals[k]
	}
}

// rank gives the place of each row's subject among those of the path, 0 when it is
// not one of them.
func (w *few) rank(i int32, n *step, s *seen, rows uint64) {
	to := w.targets(n)
	key, filter := n.a, n.b
	self := func(k int) int32 {
		if of := w.r.subject[n.space]; of != nil {
			return of[k]
		}
		return int32(k)
	}
	// look at the filter of some pairs, then at the key of those it lets through.
	pass := func(pairs func(k int, e int32) bool) (in uint64) {
		var members uint64
		each := func(f func(k, t int)) {
			for left := rows; left != 0; left &= left - 1 {
				k := bits.TrailingZeros64(left)
				for e := to.from[k]; e < to.from[k+1]; e++ {
					if pairs(k, e) {
						f(k, to.at(e))
					}
				}
			}
		}
		each(func(_, t int) { members |= 1 << t })
		if members == 0 {
			return 0
		}
		in = members
		if filter != -1 {
			x, m := w.look(filter, members)
			in = mask(x, m, members)
			each(func(k, t int) { w.saw(i, filter, k, t) })
		}
		if in != 0 {
			w.look(key, in)
			each(func(k, t int) {
				if in>>t&1 != 0 {
					w.saw(i, key, k, t)
				}
			})
		}
		return in
	}
	own := pass(func(k int, e int32) bool { return to.to[e] == self(k) })
	var ranked uint64 // rows whose own subject is among them
	var mine [64]int
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		for e := to.from[k]; e < to.from[k+1]; e++ {
			if t := to.at(e); to.to[e] == self(k) {
				if own>>t&1 != 0 {
					ranked |= 1 << k
					mine[k] = t
				}
				break
			}
		}
	}
	in := pass(func(k int, e int32) bool { return ranked>>k&1 != 0 && to.to[e] != self(k) })
	x, xm := w.look(key, 0)
	d := w.own(s)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		if d[k] = 0; ranked>>k&1 == 0 {
			continue
		}
		before, passed := 1, false
		for e := to.from[k]; e < to.from[k+1]; e++ {
			if to.to[e] == self(k) {
				passed = true
				continue
			}
			t := to.at(e)
			if in>>t&1 != 0 && (x[t&xm] < x[mine[k]&xm] || x[t&xm] == x[mine[k]&xm] && !passed) {
				before++
			}
		}
		d[k] = float64(before)
	}
}
