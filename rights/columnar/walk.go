package columnar

import "codeberg.org/parvis/parvis/rights/ir"

// reach is where a path leads from each row of a space: the targets of row r are
// to[from[r]:from[r+1]], subjects of the path's last entity. The memory is kept
// from one batch to the next.
type reach struct {
	ready    bool
	from, to []int32
	// A path that leads from each row to one subject at most: one[r], −1 for
	// nobody. nil when some row has several.
	one []int32
	all bool // every row has one
	// runs: the targets of each row follow one another, 64 at most.
	runs bool
}

// walker follows the paths of a batch.
type walker struct {
	b          *Batch
	here, next []int32
}

// fill walks a path from rows; subject is the entity's subject of each row, nil
// for the subjects themselves.
func (w *walker) fill(p *path, rows int32, subject []int32, out *reach) {
	out.runs = false
	out.ready, out.from, out.to, out.one = true, append(out.from[:0], 0), out.to[:0], out.one[:0]
	if len(p.steps) == 1 && p.steps[0].Kind == ir.StepUp { // the commonest: straight from the column
		group := w.b.group[p.steps[0].To]
		out.all = true
		for r := range rows {
			s := r
			if subject != nil {
				s = subject[r]
			}
			out.one = append(out.one, group[s])
		}
		return
	}
	single := true
	out.all = true
	for r := range rows {
		s := r
		if subject != nil {
			s = subject[r]
		}
		w.walk(p, s)
		out.to = append(out.to, w.here...)
		out.from = append(out.from, int32(len(out.to)))
		switch len(w.here) {
		case 0:
			out.all = false
			out.one = append(out.one, -1)
		case 1:
			out.one = append(out.one, w.here[0])
		default:
			single = false
			out.one = append(out.one, w.here[0])
		}
	}
	out.all = out.all && single
	out.findRuns()
}

// findRuns looks whether the targets of each row follow one another.
func (out *reach) findRuns() {
	out.runs = true
	for row := range len(out.from) - 1 {
		targets := out.to[out.from[row]:out.from[row+1]]
		if n := len(targets); n > 64 || n > 1 && int(targets[n-1]-targets[0]) != n-1 {
			out.runs = false
			return
		}
		for i := 1; i < len(targets); i++ {
			if targets[i] != targets[i-1]+1 {
				out.runs = false
				return
			}
		}
	}
}

// stretch returns n bits of a set from one on, in the low bits.
func stretch(b []uint64, first int32, n int) uint64 {
	w, shift := first>>6, uint(first)&63
	x := b[w] >> shift
	if shift != 0 && int(shift)+n > 64 {
		x |= b[w+1] << (64 - shift)
	}
	return x & (1<<uint(n) - 1)
}

// walk leaves in here the subjects that a path leads to.
func (w *walker) walk(p *path, subject int32) {
	b := w.b
	w.here = append(w.here[:0], subject)
	entity := p.from
	for _, st := range p.steps {
		w.next = w.next[:0]
		switch st.Kind {
		case ir.StepMembers, ir.StepFirst:
			for _, g := range w.here {
				for _, q := range b.member[entity][b.start[entity][g]:b.start[entity][g+1]] {
					if st.Roles&(1<<b.role[entity][q]) != 0 {
						w.next = append(w.next, q)
						if st.Kind == ir.StepFirst {
							break
						}
					}
				}
			}
			entity = ir.Person
		case ir.StepUp:
			for _, q := range w.here {
				w.next = append(w.next, b.group[st.To][q])
			}
			entity = st.To
		case ir.StepPartner:
			for _, q := range w.here {
				if x := b.partner(q); x >= 0 {
					w.next = append(w.next, x)
				}
			}
		case ir.StepDistinct:
			for _, x := range w.here {
				if !contains(w.next, x) {
					w.next = append(w.next, x)
				}
			}
		}
		w.here, w.next = w.next, w.here
	}
}

func contains(xs []int32, x int32) bool {
	for _, y := range xs {
		if x == y {
			return true
		}
	}
	return false
}

// partner returns the other parent of the person's family, −1 for none.
func (b *Batch) partner(p int32) int32 {
	if b.role[ir.Family][p] != ir.Parent {
		return -1
	}
	g := b.group[ir.Family][p]
	for _, q := range b.member[ir.Family][b.start[ir.Family][g]:b.start[ir.Family][g+1]] {
		if q != p && b.role[ir.Family][q] == ir.Parent {
			return q
		}
	}
	return -1
}

// holds tells whether a person has a role; ir.Roles is the first parent.
func (b *Batch) holds(p int32, r ir.Role) bool {
	if r != ir.Roles {
		return b.role[r.Of()][p] == r
	}
	if b.role[ir.Family][p] != ir.Parent {
		return false
	}
	g := b.group[ir.Family][p]
	for _, q := range b.member[ir.Family][b.start[ir.Family][g]:b.start[ir.Family][g+1]] {
		if b.role[ir.Family][q] == ir.Parent {
			return q == p
		}
	}
	return false
}
