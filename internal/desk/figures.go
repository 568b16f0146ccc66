package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Table is what is counted of one part, by quarter: small numbers hidden, and enough
// others that they cannot be computed.
type Table struct {
	Part Part
	Rows []Row
	// Total is the sum of the rows, empty when one passage may stand in several and
	// where a sum would only hide more.
	Total []Number
}

// Row is one value: four quarters, then the year.
type Row struct {
	Value   string
	Numbers []Number
}

// Year are the figures of a year. Nothing in them is of a worker, a team or a person.
type Year struct {
	Year   int
	Tables []Table
}

const (
	quarters  = 4
	firstYear = 2020

	selectFirst  = `/* every row: the first of the key alone */ SELECT month FROM desk_month WHERE org_id = $1 ORDER BY month LIMIT 1`
	selectMonths = `SELECT month, part, value, n FROM desk_month WHERE org_id = $1 AND month >= $2 AND month <= $3 ORDER BY part, value, month`
)

// order are the tables of a year and their values; nil values are those that were
// counted.
func order() []struct {
	part   Part
	values []string
	adds   bool
	sums   bool // up to the number of passages, which the tables share
} {
	return []struct {
		part   Part
		values []string
		adds   bool
		sums   bool
	}{
		{Ways, texts(Channels()), true, true},
		{Why, texts(Reasons()), false, false},
		{Spoken, append(Languages(), notSaid), true, true},
		{What, append(texts(Done()), string(WentAway)), false, false},
		{SentTo, append(Services(), toNobody), true, true},
		{Delay, append(Delays(), notSaid), true, true},
		{InFile, []string{nameless, attached}, true, true},
		{Present, GroupKinds(), false, false},
		{Obstacles, Services(), false, false}, // no sum, which would hide the large ones beside a small one
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = string(c)
	}
	return out
}

// Figures reads a year. It reads the counts of its months, never the passages. Invalid
// for a year that cannot have any.
func (s *Service) Figures(ctx context.Context, year int) (Year, error) {
	out := Year{Year: year}
	if err := s.can(ctx, access.FiguresRead); err != nil {
		return out, err
	}
	counts, err := s.counts(ctx, year)
	if err != nil {
		return out, err
	}
	var shared, all []*grid
	for _, o := range order() {
		t := Table{Part: o.part}
		for _, v := range o.values {
			if n := counts[cell{o.part, v}]; n[quarters] > 0 {
				t.Rows = append(t.Rows, Row{Value: v, Numbers: numbers(n)})
			}
		}
		if len(t.Rows) == 0 {
			continue
		}
		g := &grid{adds: o.adds}
		for _, r := range t.Rows {
			g.cells = append(g.cells, r.Numbers)
		}
		if o.adds {
			t.Total = make([]Number, quarters+1)
			for _, r := range t.Rows {
				for i, n := range r.Numbers {
					t.Total[i].N += n.N
				}
			}
			g.cells = append(g.cells, t.Total)
		}
		if o.sums {
			shared = append(shared, g)
		} else {
			all = append(all, g)
		}
		out.Tables = append(out.Tables, t)
	}
	hide(shared)
	for _, g := range all {
		hide([]*grid{g})
	}
	return out, nil
}

func numbers(n [quarters + 1]int64) []Number {
	out := make([]Number, len(n))
	for i := range n {
		out[i].N = n[i]
	}
	return out
}

// counts reads the numbers of a year: four quarters, then the year.
func (s *Service) counts(ctx context.Context, year int) (map[cell][quarters + 1]int64, error) {
	if year < firstYear || year > s.Today(ctx).Year {
		return nil, errs.New(errs.NotFound, "errs.desk.year")
	}
	counts := map[cell][quarters + 1]int64{}
	first := core.Date{Year: year, Month: 1, Day: 1}.CalendarMonth()
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		clear(counts)
		rows, err := q.Query(selectMonths, core.ActorFrom(ctx).Org, first.String(), (first + 11).String())
		return db.Each(rows, err, func(r *db.Rows) error {
			var month string
			var c cell
			var n int64
			if err := r.Scan(&month, &c.part, &c.value, &n); err != nil {
				return err
			}
			day, err := core.ParseDate(month + "-01")
			if err != nil {
				return err
			}
			one := counts[c]
			one[(int(day.Month)-1)/3] += n
			one[quarters] += n
			counts[c] = one
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	return counts, nil
}

// ServiceYear is what one service made impossible in a year, by kind: what may be
// printed for a mediator.
type ServiceYear struct {
	Service string
	Year    int
	Rows    []Row // one number each
	Total   Number
}

// OfService reads it. The total is hidden when the table of all services hides it.
// NotFound for a service that is on no list.
func (s *Service) OfService(ctx context.Context, service string, year int) (ServiceYear, error) {
	out := ServiceYear{Service: service, Year: year}
	if err := s.can(ctx, access.FiguresRead); err != nil {
		return out, err
	}
	if !slices.Contains(Services(), service) {
		return out, notFound()
	}
	whole, err := s.Figures(ctx, year)
	if err != nil {
		return out, err
	}
	counts, err := s.counts(ctx, year)
	if err != nil {
		return out, err
	}
	for _, t := range whole.Tables {
		for _, r := range t.Rows {
			if t.Part == Obstacles && r.Value == service {
				out.Total = r.Numbers[quarters]
			}
		}
	}
	g := &grid{cells: [][]Number{nil}}
	for _, k := range HurdleKinds() {
		if n := counts[cell{Obstacle, service + "/" + k}][quarters]; n > 0 {
			out.Rows = append(out.Rows, Row{Value: k})
			g.cells[0] = append(g.cells[0], Number{N: n})
		}
	}
	g.cells[0] = append(g.cells[0], out.Total)
	total := out.Total.Hidden
	hide([]*grid{g})
	for i := range out.Rows {
		out.Rows[i].Numbers = g.cells[0][i : i+1]
	}
	out.Total = g.cells[0][len(out.Rows)]
	if out.Total.Hidden && !total { // the table of all services shows it: every kind is hidden instead
		out.Total.Hidden = false
		for i := range out.Rows {
			out.Rows[i].Numbers[0].Hidden = true
		}
	}
	return out, nil
}

// String says a number for a file: itself, or that it is hidden.
func (n Number) String() string {
	if n.Hidden {
		return ""
	}
	return fmt.Sprint(n.N)
}

// Years are those that have figures, the last first: at most ten.
func (s *Service) Years(ctx context.Context) ([]int, error) {
	if err := s.can(ctx, access.FiguresRead); err != nil {
		return nil, err
	}
	now := s.Today(ctx).Year
	first := now
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var month string
		err := q.QueryRow(selectFirst, core.ActorFrom(ctx).Org).Scan(&month)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err == nil {
			var day core.Date
			day, err = core.ParseDate(month + "-01")
			first = day.Year
		}
		if err != nil {
			return fmt.Errorf("first figures: %w", err)
		}
		return nil
	})
	var list []int
	for y := now; y >= max(first, now-9, firstYear); y-- {
		list = append(list, y)
	}
	return list, err
}
