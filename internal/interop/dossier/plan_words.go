package dossier

import (
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
)

// sayPlan puts the person's words, their goals and steps, the calls and letters
// in sentences.
func (s speaker) sayPlan(v *view) {
	p := s.d.Plan
	for _, e := range p.Expectations {
		r := row{Label: s.p.Date(e.SaidOn), Text: s.p.T("steps.quote", "words", e.Words)}
		switch {
		case e.Reread == casefile.RereadNot:
			r.More = s.p.T("steps.reread_not")
		case e.RereadIn != "" && s.p.Has("web.language."+e.RereadIn):
			r.More = s.p.T("steps.reread_"+string(e.Reread)+"_in", "language", s.p.T("web.language."+e.RereadIn))
		default:
			r.More = s.p.T("steps.reread_" + string(e.Reread))
		}
		v.Said = append(v.Said, r)
	}
	for _, g := range p.Goals {
		v.Goals = append(v.Goals, goalView{
			Title: g.Title, Note: s.p.T("exchange.dossier.goal_note", "state", s.p.T("steps.goal_state_"+string(g.State)), "date", s.p.Date(g.ChosenOn)), Steps: s.steps(g.Steps),
		})
	}
	if len(p.Loose) > 0 {
		v.Goals = append(v.Goals, goalView{Title: s.p.T("exchange.dossier.no_goal"), Steps: s.steps(p.Loose)})
	}
	for _, x := range p.Exchanges {
		r := row{Label: s.p.T("exchange.dossier.exchange", "what", s.p.T("steps.exchange_"+string(x.Kind)+"_"+string(x.Direction)), "who", x.Party), Text: x.Says,
			More: s.p.T("steps.exchange_note", "date", s.p.Date(x.On), "worker", s.d.Names[x.By])}
		if x.AnsweredBy != "" {
			r.More = s.p.T("steps.exchange_answered", "who", x.AnsweredBy) + " " + r.More
		}
		if step, ok := p.Step(x.Step); ok {
			r.More += " " + step.Title
		}
		v.Exchanges = append(v.Exchanges, r)
	}
	for _, m := range s.d.Merged {
		r := row{Label: m.Name, Text: m.Reason, More: s.p.T("exchange.dossier.noted_by", "date", s.day(m.At), "name", s.d.Names[m.By])}
		if !m.Birth.IsZero() {
			r.Label += " (" + s.p.PartialDate(m.Birth) + ")"
		}
		v.Gathered = append(v.Gathered, r)
	}
}

// goalView is a goal with its steps, or the steps that serve none.
type goalView struct {
	Title, Note string
	Steps       []row
}

func (s speaker) steps(list []casefile.Step) []row {
	var out []row
	for _, x := range list {
		out = append(out, s.step(x))
	}
	return out
}

// step is all that is known of one step: where it stands in Text, the rest line
// by line in More.
func (s speaker) step(x casefile.Step) row {
	r := row{Label: x.Title, Text: s.p.T("steps.state_" + string(x.State))}
	if !x.DueOn.IsZero() {
		r.Text = s.p.T("exchange.dossier.step_due", "state", r.Text, "date", s.p.Date(x.DueOn))
	}
	var more []string
	add := func(text string) {
		if text != "" {
			more = append(more, text)
		}
	}
	who := map[casefile.StepWho]string{casefile.ByPerson: "person", casefile.Together: "together", casefile.ByWorker: "worker"}[x.Who]
	add(s.p.T("steps.does_"+who, "name", s.d.Person.DisplayName(), "worker", s.d.Names[x.Worker]))
	add(x.Detail)
	for _, w := range []struct{ way, says string }{{"online", x.Online}, {"desk", x.Desk}, {"phone", x.Phone}, {"letter", x.Letter}} {
		if w.says != "" {
			add(s.p.T("exchange.dossier.way", "way", s.p.T("steps.way_"+w.way), "says", w.says))
		}
	}
	for _, paper := range x.Papers {
		add(s.p.T("steps.required_by", "paper", paper.Name, "by", paper.RequiredBy))
	}
	for _, e := range s.d.Plan.History[x.ID] {
		what := s.p.T("steps.event_"+string(e.Kind), "worker", s.d.Names[e.Worker])
		line := s.p.T("exchange.dossier.event", "what", what, "when", s.p.T("steps.event_line", "date", s.day(e.At), "worker", s.d.Names[e.By]))
		if e.Says != "" {
			line += " " + s.p.T("steps.quote", "words", e.Says)
		}
		add(line)
	}
	r.More = strings.Join(more, "\n")
	return r
}
