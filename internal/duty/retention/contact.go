package retention

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// What shows that the person themself came, called, wrote, signed in or was there. What
// a worker did alone (a calculation, a call to the CAF, a printed sheet) does not count.
// $1 is the organisation, $2 one file.
var (
	// contactDays give a day.
	contactDays = []string{
		`SELECT MAX(happened_on) AS x FROM note WHERE org_id = $1 AND file_id = $2 AND withdrawn_at = 0 AND kind IN ('counter', 'phone', 'visit', 'letter', 'message')`,
		`SELECT MAX(said_on) FROM statement WHERE org_id = $1 AND file_id = $2`,
		`SELECT MAX(said_on) FROM expectation WHERE org_id = $1 AND file_id = $2`,
		`SELECT MAX(said_on) FROM fact_contest WHERE org_id = $1 AND file_id = $2`,
		`SELECT MAX(c.used_on) FROM holder h JOIN card c ON c.org_id = h.org_id AND c.holder = h.id WHERE h.org_id = $1 AND h.person = $2`,
		`SELECT MAX(k.used_on) FROM holder h JOIN passkey k ON k.org_id = h.org_id AND k.owner_kind = 'holder' AND k.owner = h.id WHERE h.org_id = $1 AND h.person = $2`,
		`SELECT MAX(w.used_on) FROM holder h JOIN code_way w ON w.org_id = h.org_id AND w.holder = h.id WHERE h.org_id = $1 AND h.person = $2`,
		`SELECT MAX(f.used_on) FROM holder h JOIN federated f ON f.org_id = h.org_id AND f.owner_kind = 'holder' AND f.owner = h.id WHERE h.org_id = $1 AND h.person = $2`,
		`SELECT MAX(received_on) FROM demand WHERE org_id = $1 AND file_id = $2`,
		`SELECT MAX(day) FROM passage WHERE org_id = $1 AND person_id = $2 AND person_id <> '' AND state <> 'void'`,
		`SELECT MAX(opened_on) FROM casefile WHERE org_id = $1 AND person_id = $2`,
	}
	// contactInstants give an instant in µs UTC.
	contactInstants = []string{
		`SELECT MAX(last_contact_from_person_at) AS x FROM casefile WHERE org_id = $1 AND person_id = $2`,
		`SELECT MAX(recorded_at) FROM fact WHERE org_id = $1 AND file_id = $2 AND source = 'said'`,
		`SELECT MAX(at) FROM right_decision WHERE org_id = $1 AND file_id = $2`,
		`SELECT MAX(given_at) FROM consent WHERE org_id = $1 AND person_id = $2`,
		`SELECT MAX(given_at) FROM mandate WHERE org_id = $1 AND person_id = $2`,
		`SELECT MAX(at) FROM paper WHERE org_id = $1 AND person_id = $2 AND by_kind = 'person'`,
		`SELECT MAX(at) FROM vital_choice WHERE org_id = $1 AND person_id = $2`,
		`SELECT MAX(opened_at) FROM session WHERE org_id = $1 AND actor = $2`,
	}
)

func latestOf(parts []string, none string) string {
	return `SELECT COALESCE(MAX(x), ` + none + `) FROM (` + strings.Join(parts, " UNION ALL ") + `) AS seen`
}

// lastContact is the last day on which the person of these files was there. The zero
// Date when nothing tells.
func lastContact(q db.Querier, org core.ID, humans []core.ID, place *time.Location) (core.Date, error) {
	var last core.Date
	for _, id := range humans {
		var day string
		var at int64
		err := q.QueryRow(latestOf(contactDays, "''"), org, id).Scan(&day)
		err = errors.Join(err, q.QueryRow(latestOf(contactInstants, "0"), org, id).Scan(&at))
		if err != nil {
			return last, fmt.Errorf("last contact of %s: %w", id, err)
		}
		if at > 0 {
			last = later(last, core.DateOf(time.UnixMicro(at).In(place)))
		}
		if day != "" {
			on, err := core.ParseDate(day)
			if err != nil {
				return last, fmt.Errorf("last contact of %s: %w", id, err)
			}
			last = later(last, on)
		}
	}
	return last, nil
}

func later(a, b core.Date) core.Date {
	if a.Before(b) {
		return b
	}
	return a
}

const (
	touchCases = `UPDATE casefile SET last_contact_from_person_at = $3 WHERE org_id = $1 AND person_id = $2 AND phase <> 'gone' AND last_contact_from_person_at < $3`
	// Sessions are forgotten a month after their end: what they tell is kept before.
	signedIn = `/* every row: a month of sessions, once a day */ SELECT actor, MAX(opened_at) FROM session WHERE org_id = $1 AND actor_kind = 'person' GROUP BY actor ORDER BY actor`
)

// keepSignedIn writes the sessions of persons down as contacts.
func keepSignedIn(tx *db.Tx, org core.ID) error {
	at := map[core.ID]int64{}
	rows, err := tx.Query(signedIn, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		var opened int64
		err := r.Scan(&id, &opened)
		at[id] = opened
		return err
	})
	if err != nil {
		return fmt.Errorf("who signed in: %w", err)
	}
	for id, opened := range at {
		if _, err := tx.Exec(touchCases, org, id, opened); err != nil {
			return fmt.Errorf("who signed in: %w", err)
		}
	}
	return nil
}
