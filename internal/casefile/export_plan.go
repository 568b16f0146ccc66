package casefile

import (
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// ExportedPlan is the plan as a copy of the file holds it: everything ever
// written, the closed steps and what happened to each too.
type ExportedPlan struct {
	Plan
	History map[core.ID][]StepEvent // of each step, the oldest first
}

// CountSteps says how many steps the plan holds.
func (p ExportedPlan) CountSteps() int {
	n := len(p.Loose)
	for _, g := range p.Goals {
		n += len(g.Steps)
	}
	return n
}

// MergedBefore is a file that was found to be the same person's: what it was
// called, and why it was gathered. Its rows are in the copy with the others.
type MergedBefore struct {
	ID     core.ID
	Name   string
	Birth  core.PartialDate
	Reason string
	At     int64 // µs UTC
	By     core.ID
}

const (
	selectAllStepEvents = `SELECT step_id, kind, says, worker_id, at, by_worker FROM step_event
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY step_id, id LIMIT 20000`
	allExchanges = ` ORDER BY held_on DESC, id DESC LIMIT 2000`
)

func exportPlan(q db.Querier, org, file core.ID) (ExportedPlan, error) {
	p := ExportedPlan{History: map[core.ID][]StepEvent{}}
	var err error
	if p.Plan, err = LoadPlan(q, org, file); err != nil {
		return p, err
	}
	if p.Exchanges, err = Exchanges(q, allExchanges, org, file); err != nil {
		return p, err
	}
	rows, err := q.Query(selectAllStepEvents, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var step core.ID
		var e StepEvent
		err := r.Scan(&step, &e.Kind, &e.Says, &e.Worker, &e.At, &e.By)
		p.History[step] = append(p.History[step], e)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read what happened to steps: %w", err)
	}
	return p, nil
}

// workers lists who the plan names.
func (p ExportedPlan) workers() []core.ID {
	who := p.Plan.Workers()
	for _, events := range p.History {
		for _, e := range events {
			who = append(who, e.By, e.Worker)
		}
	}
	return who
}

func (s *Service) exportMerged(q db.Querier, org, person core.ID) ([]MergedBefore, error) {
	list, err := s.loadMerged(q, org, person)
	if err != nil {
		return nil, err
	}
	var out []MergedBefore
	for _, m := range list {
		out = append(out, MergedBefore{m.Person.ID, m.Person.DisplayName(), m.Person.Birth, m.Reason, m.At, m.By})
	}
	return out, nil
}
