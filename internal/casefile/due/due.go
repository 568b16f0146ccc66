// Package due says each morning which steps of a plan have their day, to whoever
// listens to the outbox.
//
// Guarantees: the steps of a day are told once for each organisation, on its own
// day, whatever the number of processes; only ids leave, and a journal line says
// whose steps they were: of the person who stands, when files were merged. A step whose day was written after the morning is not told.
package due

import (
	"context"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Topic is the outbox's topic: ids of steps and of their persons in turn, step,
// person, step, person…
const Topic = "step.due"

const (
	morning  = 6   // hour of the organisation's day from which its steps are told
	perLine  = 200 // steps of one line of the outbox
	maxSteps = 10_000
)

const (
	noteDay = `INSERT INTO step_due_told (org_id, day) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	oldDays = `DELETE FROM step_due_told WHERE org_id = $1 AND day < $2`
	// The steps of somebody merged are those of the person who stands, whichever of
	// the two files is accompanied.
	listDue = `SELECT s.id, COALESCE(al.person_id, s.file_id), s.file_id
FROM step s LEFT JOIN person_alias al ON al.org_id = s.org_id AND al.alias_id = s.file_id AND al.ended_at = 0
WHERE s.org_id = $1 AND s.due_on = $2 AND s.due_on <> '' AND s.state IN ('todo', 'waiting')
AND EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = s.org_id AND c.phase = 'active' AND c.person_id IN (
	SELECT COALESCE(al.person_id, s.file_id)
	UNION ALL SELECT a.alias_id FROM person_alias a WHERE a.org_id = s.org_id AND a.person_id = COALESCE(al.person_id, s.file_id) AND a.ended_at = 0))
ORDER BY 2, s.id LIMIT $3`
)

// Tell tells the steps of today of every organisation whose morning has come and
// whose steps were not told yet. The actor of ctx is the program.
func Tell(ctx context.Context, cases *casefile.Service) error {
	var orgs []core.ID
	err := cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		orgs, err = access.Organisations(q)
		return err
	})
	if err != nil {
		return fmt.Errorf("organisations: %w", err)
	}
	actor := core.ActorFrom(ctx)
	for _, org := range orgs {
		actor.Org = org
		now := cases.Clock.Now().In(cases.Place(org))
		if now.Hour() < morning {
			continue
		}
		if err := tellOrg(core.WithActor(ctx, actor), cases, core.DateOf(now)); err != nil {
			return fmt.Errorf("steps due in %s: %w", org, err)
		}
	}
	return nil
}

func tellOrg(ctx context.Context, cases *casefile.Service, today core.Date) error {
	org := core.ActorFrom(ctx).Org
	return cases.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(noteDay, org, today.String())
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(oldDays, org, today.AddDays(-7).String()); err != nil {
			return err
		}
		var line, persons []core.ID
		seen := map[core.ID]bool{}
		rows, err := tx.Query(listDue, org, today.String(), maxSteps)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var step, person, file core.ID
			err := r.Scan(&step, &person, &file)
			line = append(line, step, person)
			for _, id := range []core.ID{person, file} { // the journal of each, for after an undo
				if !seen[id] {
					seen[id] = true
					persons = append(persons, id)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		for from := 0; from < len(line); from += 2 * perLine {
			if err := tx.Emit(Topic, org, line[from:min(from+2*perLine, len(line))]...); err != nil {
				return err
			}
		}
		for from := 0; from < len(persons); from += journal.MaxSubjects {
			some := persons[from:min(from+journal.MaxSubjects, len(persons))]
			if err := cases.Journal.Record(ctx, tx, journal.Event{Kind: "step.due", Subjects: some, Detail: map[string]string{"run": today.String()}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run tells the steps of each day until ctx is done, looking once in a while.
func Run(ctx context.Context, cases *casefile.Service, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "due"})
	for {
		if err := Tell(ctx, cases); err != nil && ctx.Err() == nil {
			cases.Log.Error("steps due today", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
