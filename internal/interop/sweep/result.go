package sweep

import (
	"strconv"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Row is what is said of one right of one household. With several families or
// persons who may have it, the status is the strongest of theirs and the amount
// their sum, as `parvis rights evaluate` says it.
type Row struct {
	Right  int // index among the rights asked
	Status rights.Status
	Amount rights.Cents
	Known  bool // Amount is known; a yes or no has none
}

// right is a right as asked: its column, and that of what is paid.
type right struct {
	name   string
	month  string // "2026-06", or "2026" for a yearly right
	entity ir.Entity
	truth  bool // a yes or no
	ask    int
	paid   int
}

// columns compiles rights for a month. The error is a *rights.InputError for a
// name the law does not have.
func columns(l *rights.Law, month rights.Month, names []string) (*columnar.Program, []right, error) {
	var list []right
	asked := append([]string(nil), names...)
	for i, name := range names {
		v, ok := l.Variable(name)
		if !ok {
			return nil, nil, &rights.InputError{Code: "unknown_variable", Variable: name, Known: l.Nearest(name)}
		}
		r := right{name: name, month: month.String(), entity: v.Entity, truth: v.Kind == rights.KindBool, ask: i, paid: i}
		if v.Period == rights.Yearly {
			r.month = strconv.Itoa(month.Year())
		}
		if sheet, ok := l.Right(name); ok && sheet.Paid != "" {
			r.paid = len(asked)
			asked = append(asked, sheet.Paid)
		}
		list = append(list, r)
	}
	p, err := l.ColumnsFor(rights.OpenFisca, month, asked...)
	return p, list, err
}

// rows says what a batch's result means for household h.
func rows(list []right, b *columnar.Batch, got *columnar.Result, h int, out []Row) []Row {
	for i := range list {
		r := &list[i]
		row := Row{Right: i, Status: rights.NotDue, Known: !r.truth}
		first, end := b.Rows(h, r.entity)
		for s := first; s < end; s++ {
			one := rights.NotDue
			unknown := columnar.Is(got.Unknown[r.ask], s) || columnar.Is(got.Unknown[r.paid], s)
			switch {
			case unknown || columnar.Is(got.Notes[r.ask], s) || columnar.Is(got.Notes[r.paid], s):
				one = rights.ToVerify
			case got.Values[r.ask][s] != 0:
				one = rights.Probable
			}
			if unknown {
				row.Known = false
			} else if row.Known {
				row.Amount += rights.CentsOf(got.Values[r.ask][s])
			}
			if strength(one) > strength(row.Status) {
				row.Status = one
			}
		}
		if !row.Known {
			row.Amount = 0
		}
		out = append(out, row)
	}
	return out
}

func strength(s rights.Status) int {
	switch s {
	case rights.Probable:
		return 2
	case rights.ToVerify:
		return 1
	}
	return 0
}
