package seen

import (
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
)

// grouping says who is called how, and gathers what one did in a day.
type grouping struct {
	naming    Naming
	humans    []core.ID // the person's files
	referents []core.ID // who accompanies them
	ours      []core.ID // their teams
	workers   map[core.ID]access.Worker
	teams     map[core.ID]string
}

// key is what makes two lines of a day one: the same actor, for the same reason.
type key struct {
	who    Who
	actor  core.ID
	reason string
}

// days gathers entries, newest first, by day and by who.
func (g grouping) days(all []journal.Entry) []Day {
	var days []Day
	var at map[key]int // in the lines of the last day
	for _, e := range all {
		if n := len(days); n == 0 || days[n-1].Date != e.Day {
			days = append(days, Day{Date: e.Day})
			at = map[key]int{}
		}
		d := &days[len(days)-1]
		line, actor := g.line(e)
		k := key{line.Who, actor, line.Reason}
		i, met := at[k]
		if !met {
			i = len(d.Lines)
			at[k] = i
			d.Lines = append(d.Lines, line)
		}
		l := &d.Lines[i]
		if e.Kind != "" && !slices.Contains(l.Kinds, e.Kind) {
			l.Kinds = append(l.Kinds, e.Kind)
		}
		l.At = append(l.At, Place{Tree: e.Tree, Seq: e.Seq})
	}
	for i := range days {
		days[i].part()
	}
	return days
}

// part sets apart those whose list showed a name and who did nothing else; of the
// others, that they also met the name in a list says nothing more.
func (d *Day) part() {
	var lines []Line
	for _, l := range d.Lines {
		rest := slices.DeleteFunc(slices.Clone(l.Kinds), glimpse)
		switch {
		case len(l.Kinds) > 0 && len(rest) == 0 && l.Who != Self:
			d.Glimpses = append(d.Glimpses, l)
		case len(rest) > 0:
			l.Kinds = rest
			lines = append(lines, l)
		default:
			lines = append(lines, l)
		}
	}
	d.Lines = lines
}

// line says who did it, and gives the id that tells two of them apart, "" when
// nothing must.
func (g grouping) line(e journal.Entry) (Line, core.ID) {
	if e.Erased {
		return Line{Who: Erased}, ""
	}
	l := Line{Function: e.Function, Reason: e.Reason}
	switch e.ActorKind {
	case core.ActorPerson:
		if slices.Contains(g.humans, e.Actor.ID) {
			return Line{Who: Self}, ""
		}
		// Somebody else's own gesture: never who.
		return Line{Who: Program}, ""
	case core.ActorSystem, core.ActorOperator:
		if strings.HasPrefix(e.Kind, "rights.") || strings.HasPrefix(e.Kind, "sweep.") {
			return Line{Who: Law}, ""
		}
		return Line{Who: Program}, ""
	}
	l.Who = Worker
	w := g.workers[e.Actor.ID]
	if g.named(e.Actor.ID) && w.Name != "" {
		l.Who, l.Name = Named, w.Name
	}
	if l.Function == "" {
		l.Function = w.Function
	}
	for _, t := range e.Actor.Teams {
		ours := slices.Contains(g.ours, t)
		if name := g.teams[t]; name != "" && (l.Team == "" || ours && !l.Ours) {
			l.Team = name
		}
		l.Ours = l.Ours || ours
	}
	return l, e.Actor.ID
}

func (g grouping) named(worker core.ID) bool {
	if slices.Contains(g.naming.Unnamed, worker) {
		return false
	}
	switch g.naming.Rule {
	case Names:
		return true
	case Functions:
		return false
	}
	return slices.Contains(g.referents, worker)
}
