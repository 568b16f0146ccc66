package dossier

import (
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

type expectation struct {
	ID       string `json:"id"`
	Words    string `json:"words"`
	SaidOn   string `json:"said_on"`
	Reread   string `json:"reread,omitempty"`
	RereadIn string `json:"reread_in,omitempty"`
	At       string `json:"recorded_at"`
	By       string `json:"recorded_by,omitempty"`
}

type goal struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	ChosenOn string `json:"chosen_on"`
	State    string `json:"state"`
	At       string `json:"changed_at"`
	By       string `json:"changed_by,omitempty"`
}

type step struct {
	ID      string  `json:"id"`
	Goal    string  `json:"goal,omitempty"`
	Right   string  `json:"right,omitempty"`
	Title   string  `json:"title"`
	Detail  string  `json:"detail,omitempty"`
	Who     string  `json:"who"`
	Ways    ways    `json:"ways"`
	Papers  []paper `json:"papers,omitempty"`
	DueOn   string  `json:"due_on,omitempty"`
	State   string  `json:"state"`
	Outcome string  `json:"outcome,omitempty"`
	Worker  string  `json:"followed_by,omitempty"`
	At      string  `json:"changed_at"`
	By      string  `json:"changed_by,omitempty"`
	Events  []event `json:"events"`
}

type ways struct {
	Online string `json:"online,omitempty"`
	Desk   string `json:"desk,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Letter string `json:"letter,omitempty"`
}

type paper struct {
	Name       string `json:"name"`
	RequiredBy string `json:"required_by"`
}

type event struct {
	Kind   string `json:"kind"`
	Says   string `json:"says,omitempty"`
	Worker string `json:"followed_by,omitempty"`
	At     string `json:"at"`
	By     string `json:"by,omitempty"`
}

type exchange struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Direction  string `json:"direction"`
	Party      string `json:"party"`
	AnsweredBy string `json:"answered_by,omitempty"`
	Says       string `json:"says,omitempty"`
	On         string `json:"on"`
	Step       string `json:"step,omitempty"`
	At         string `json:"recorded_at"`
	By         string `json:"recorded_by,omitempty"`
}

// merged is a file found to be the same person's.
type merged struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Birth  string `json:"birth,omitempty"`
	Reason string `json:"reason,omitempty"`
	At     string `json:"at"`
	By     string `json:"by,omitempty"`
}

// addPlan puts expectations, goals, steps, calls and letters, and the files
// gathered in this one.
func (doc *Document) addPlan(d *casefile.Dossier) {
	doc.Expectations, doc.Goals, doc.Steps, doc.Exchanges = []expectation{}, []goal{}, []step{}, []exchange{}
	for _, e := range d.Plan.Expectations {
		doc.Expectations = append(doc.Expectations, expectation{string(e.ID), e.Words, e.SaidOn.String(), string(e.Reread), e.RereadIn, instant(e.At), d.Names[e.By]})
	}
	for _, g := range d.Plan.Goals {
		doc.Goals = append(doc.Goals, goal{string(g.ID), g.Title, g.ChosenOn.String(), string(g.State), instant(g.At), d.Names[g.By]})
		for _, s := range g.Steps {
			doc.addStep(d, s, g.ID)
		}
	}
	for _, s := range d.Plan.Loose {
		doc.addStep(d, s, "")
	}
	for _, x := range d.Plan.Exchanges {
		doc.Exchanges = append(doc.Exchanges, exchange{string(x.ID), string(x.Kind), string(x.Direction), x.Party, x.AnsweredBy, x.Says, x.On.String(),
			string(x.Step), instant(x.At), d.Names[x.By]})
	}
	for _, m := range d.Merged {
		doc.Merged = append(doc.Merged, merged{string(m.ID), m.Name, m.Birth.String(), m.Reason, instant(m.At), d.Names[m.By]})
	}
}

func (doc *Document) addStep(d *casefile.Dossier, s casefile.Step, goal core.ID) {
	out := step{
		ID: string(s.ID), Goal: string(goal), Right: s.Right, Title: s.Title, Detail: s.Detail, Who: string(s.Who), Ways: ways(s.Ways), DueOn: s.DueOn.String(),
		State: string(s.State), Outcome: s.Outcome, Worker: d.Names[s.Worker], At: instant(s.At), By: d.Names[s.By], Events: []event{},
	}
	for _, p := range s.Papers {
		out.Papers = append(out.Papers, paper(p))
	}
	for _, e := range d.Plan.History[s.ID] {
		out.Events = append(out.Events, event{string(e.Kind), e.Says, d.Names[e.Worker], instant(e.At), d.Names[e.By]})
	}
	doc.Steps = append(doc.Steps, out)
}
