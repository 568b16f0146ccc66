package outlook

import (
	"maps"
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Ahead is what the person is told on paper of the months to come: what changes,
// month by month, and why.
type Ahead struct {
	Lead   string
	Months []MonthAhead
	More   bool // some changes were left out: the sheet stays short
}

// MonthAhead is the changes of one month, those of one cause together.
type MonthAhead struct {
	Month string
	Turns []Turn
}

// Turn is the rights that change for one reason.
type Turn struct {
	Rights []string // « RSA : 500 €, puis 560 € »
	Why    []Sentence
}

func (m *MonthAhead) add(line string, why []Sentence) {
	if i := slices.IndexFunc(m.Turns, func(t Turn) bool { return slices.Equal(t.Why, why) }); i >= 0 {
		m.Turns[i].Rights = append(m.Turns[i].Rights, line)
		return
	}
	m.Turns = append(m.Turns, Turn{[]string{line}, why})
}

// What a sheet tells: so many changes, of ten euros or more. The page at home tells
// all of them.
const (
	maxAhead = 6
	minAhead = core.Cents(1000)
)

// slight tells a change that a sheet leaves out: the same answer, of a few euros more
// or less.
func slight(before, after months.Point) bool {
	near := func(a, b core.Cents) bool { return max(a, b)-min(a, b) < minAhead }
	return before.Status == after.Status && near(before.Amount, after.Amount) && near(before.Min, after.Min) && near(before.Max, after.Max)
}

// Tell says an outlook to the person self; nil when nothing is stored, or when it
// no longer speaks of the facts, of the law or of this month.
func Tell(p *i18n.Printer, words Words, self core.ID, o *months.Outlook) *Ahead {
	if o.Computed == 0 || o.Stale != casefile.Fresh {
		return nil
	}
	o = mine(o, self)
	out := &Ahead{Lead: p.T("outlook.lead", "from", o.First, "until", o.First+months.Months-1)}
	told := 0
	for i := 1; i < months.Months; i++ {
		month := MonthAhead{Month: p.Month(o.First + core.Month(i))}
		for _, c := range o.Changes {
			at := slices.IndexFunc(o.Rights, func(r months.Right) bool { return r.Name == c.Right })
			if c.Month != o.First+core.Month(i) || at < 0 || o.Silenced[c.Right] {
				continue
			}
			points := o.Rights[at].Points
			if told == maxAhead || slight(points[i-1], points[i]) {
				out.More = true
				continue
			}
			told++
			var causes []Sentence // that a rule counts otherwise explains nothing on paper
			if len(c.Causes) > 0 {
				causes = why(p, o, c)
			}
			what := p.T("outlook.change", "before", amount(p, points[i-1]), "after", amount(p, points[i]))
			month.add(p.T("outlook.steady_line", "name", words.Name(p, c.Right), "amount", what), causes)
		}
		if len(month.Turns) > 0 {
			out.Months = append(out.Months, month)
		}
	}
	return out
}

// childAge is the last birthday that a file tells of somebody else: those of
// children, whom rights follow.
const childAge = 21

// mine is an outlook as the person self may read it: their facts need no name; of what changes for another
// adult it says that the household changes, and no more.
func mine(o *months.Outlook, self core.ID) *months.Outlook {
	own := *o
	own.Humans = maps.Clone(o.Humans)
	delete(own.Humans, self) // « salaire net », not « salaire net de Samira »
	own.Changes = slices.Clone(o.Changes)
	for i := range own.Changes {
		c := &own.Changes[i]
		var causes []months.Cause
		for _, cause := range c.Causes {
			if s := cause.Subject; s.Kind == casefile.AboutPerson && s.ID != self && (cause.Kind != months.Birthday || cause.Age > childAge) {
				cause = months.Cause{Kind: months.Home, Month: cause.Month}
			}
			if !slices.ContainsFunc(causes, func(x months.Cause) bool {
				return cause.Kind == months.Home && x.Kind == months.Home && x.Month == cause.Month
			}) {
				causes = append(causes, cause)
			}
		}
		c.Causes = causes
	}
	return &own
}

// ownView is the page at the person's home.
type ownView struct {
	view
	House kit.House
}

// own shows a person the months to come of their own rights. Only a worker has them
// computed: the page says whom to ask.
func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	self := core.ActorFrom(r.Context()).ID
	o, err := h.months.Read(r.Context(), self)
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	v := ownView{view: h.page(r, self, mine(o, self)), House: h.kit.HouseOf(r)}
	return h.kit.Render(w, r, kit.Page{Template: "outlook/own", Title: p.T("outlook.title"), Sheet: "file.css", Public: true, View: v})
}
