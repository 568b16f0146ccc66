package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// evaluation is one stored calculation, without its results.
type evaluation struct {
	id          core.ID
	month       core.Month
	law         string
	factsDigest string
	computedAt  int64
	asks        []string // "variable.subject", the most useful to ask first
	short       string   // its results, see writeShort; "" when they are in their rows alone
}

const (
	selectEvaluation = `SELECT id, month, law, facts_digest, computed_at, asks, results FROM evaluation
WHERE org_id = $1 AND file_id = $2 AND month = $3 ORDER BY id DESC LIMIT 1`
	selectEvaluationByID = `SELECT id, month, law, facts_digest, computed_at, asks, results FROM evaluation
WHERE org_id = $1 AND file_id = $2 AND id = $3`
)

// loadEvaluation reads the last calculation of a month; ok false when there is
// none.
func loadEvaluation(q db.Querier, org, file core.ID, month core.Month) (e evaluation, ok bool, err error) {
	return scanEvaluation(q.QueryRow(selectEvaluation, org, file, month))
}

func scanEvaluation(row db.Row) (e evaluation, ok bool, err error) {
	var asks string
	err = row.Scan(&e.id, &e.month, &e.law, &e.factsDigest, &e.computedAt, &asks, &e.short)
	e.asks = strings.Fields(asks)
	if errors.Is(err, db.ErrNoRows) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("read calculation: %w", err)
	}
	return e, true, nil
}

const selectResults = `SELECT right_name, status, amount, least, most, missing FROM right_result
WHERE org_id = $1 AND file_id = $2 AND evaluation_id = $3 LIMIT 100`

func loadResults(q db.Querier, org, file core.ID, e evaluation) (map[string]Result, error) {
	if list, ok := readShort(e.short, e); ok {
		return list, nil
	}
	list := map[string]Result{}
	rows, err := q.Query(selectResults, org, file, e.id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		res := Result{Evaluation: e.id, Month: e.month}
		var missing string
		if err := r.Scan(&res.Right, &res.Status, &res.Amount, &res.Min, &res.Max, &missing); err != nil {
			return err
		}
		if missing != "" {
			var err error
			if res.Missing, err = readMissing(missing); err != nil {
				return fmt.Errorf("missing facts of %s: %w", res.Right, err)
			}
			for i := range res.Missing {
				m := &res.Missing[i]
				m.Rank = 1 + slices.IndexFunc(e.asks, m.named)
			}
		}
		list[res.Right] = res
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return list, nil
}

const (
	selectDetail = `SELECT detail, explanation FROM right_result
WHERE org_id = $1 AND file_id = $2 AND evaluation_id = $3 AND right_name = $4`
	selectExplanation = `SELECT explanation FROM right_result
WHERE org_id = $1 AND file_id = $2 AND evaluation_id = $3 AND right_name = $4`
)

// loadWhy reads the explanation of one result, nil when it has none.
func loadWhy(q db.Querier, org, file core.ID, e evaluation, right string) (*Why, error) {
	why := &Why{Right: right}
	if err := q.QueryRow(selectExplanation, org, file, e.id, right).Scan(&why.packed); err != nil {
		return nil, fmt.Errorf("read the explanation of %s: %w", right, err)
	}
	if len(why.packed) == 0 {
		return nil, nil
	}
	return why, nil
}

const DecisionColumns = `id, right_name, kind, non_take_up, amount, since, source, detail, at, by_worker`

const (
	selectDecisions = `SELECT ` + DecisionColumns + `, file_id FROM right_decision
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY right_name, id DESC LIMIT 500`
	selectDecisionsOf = `SELECT ` + DecisionColumns + ` FROM right_decision
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND right_name = $3 ORDER BY id DESC LIMIT 50`
	insertDecision = `INSERT INTO right_decision (org_id, file_id, right_name, id, kind, non_take_up, amount, since, source, detail,
	evaluation_id, at, by_worker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
)

// ScanDecision reads DecisionColumns, then the columns after, given as destinations.
func ScanDecision(r *db.Rows, after ...any) (Decision, error) {
	var d Decision
	var since string
	err := r.Scan(append([]any{&d.ID, &d.Right, &d.Kind, &d.NonTakeUp, &d.Amount, &since, &d.Source, &d.Detail, &d.At, &d.By}, after...)...)
	if err != nil {
		return d, err
	}
	d.Since, err = StoredDate(since)
	return d, err
}

// LoadDecisions gives the decision that counts for each right of a file. A
// reopened right has none. Of a merged person, what was decided since the merge
// counts; else a no of either file, which only a gesture takes back; else the last.
func LoadDecisions(q db.Querier, org, file core.ID) (map[string]Decision, error) {
	type line struct {
		Decision
		file core.ID
	}
	lasts := map[string][]line{} // of each file, the latest first
	merged := false
	rows, err := q.Query(selectDecisions, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var l line
		var err error
		l.Decision, err = ScanDecision(r, &l.file)
		merged = merged || l.file != file
		if !slices.ContainsFunc(lasts[l.Right], func(o line) bool { return o.file == l.file }) {
			lasts[l.Right] = append(lasts[l.Right], l)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	since := map[core.ID]core.ID{} // file -> when it became this one
	if merged {
		_, aliases, err := ReadAliases(q, org, file)
		if err != nil {
			return nil, err
		}
		for _, a := range aliases {
			since[a.ID] = a.Merge
		}
	}
	last := make(map[string]Decision, len(lasts))
	for right, list := range lasts {
		own := slices.IndexFunc(list, func(l line) bool { return l.file == file })
		held := list[0].Decision
		for _, l := range list {
			spokenSince := own >= 0 && list[own].ID > since[l.file]
			if l.Kind == NotWanted && held.Kind != NotWanted && (l.file == file || !spokenSince) {
				held = l.Decision
			}
		}
		last[right] = held
		if own >= 0 && !slices.ContainsFunc(list, func(l line) bool { return list[own].ID < since[l.file] }) {
			last[right] = list[own].Decision
		}
	}
	return last, nil
}

const (
	insertLaw        = `INSERT INTO law (digest, ir, semantics_version, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	lawKnown         = `SELECT COUNT(*) FROM law WHERE digest = $1`
	insertEvaluation = `INSERT INTO evaluation (org_id, file_id, id, month, law, facts_digest, computed_at, computed_by, situation, asks, results)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	insertResult = `INSERT INTO right_result (org_id, file_id, evaluation_id, right_name, status, amount, least, most, missing, detail, explanation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	// The calculations of a month that nothing names are replaced by a newer one.
	selectStale = `SELECT e.id FROM evaluation e WHERE e.org_id = $1 AND e.file_id = $2 AND e.month = $3 AND e.id <> $4
AND NOT EXISTS (SELECT 1 FROM sheet s WHERE s.org_id = e.org_id AND s.person_id = e.file_id AND s.evaluation_id = e.id)
AND NOT EXISTS (SELECT 1 FROM right_decision d WHERE d.org_id = e.org_id AND d.file_id = e.file_id AND d.evaluation_id = e.id)
LIMIT 20`
	deleteResults     = `DELETE FROM right_result WHERE org_id = $1 AND file_id = $2 AND evaluation_id IN (`
	deleteEvaluations = `DELETE FROM evaluation WHERE org_id = $1 AND file_id = $2 AND id IN (`
	deleteTalk        = `DELETE FROM right_to_talk WHERE org_id = $1 AND person_id = $2`
	insertTalk        = `INSERT INTO right_to_talk (org_id, team_id, sort_name, person_id, right_name, evaluation_id)
SELECT c.org_id, c.team_id, p.sort_name, p.id, $3, $4 FROM person p JOIN casefile c ON c.org_id = p.org_id AND c.person_id IN ` + SameHuman + `
WHERE p.org_id = $1 AND p.id = $2 AND c.phase = 'active' AND p.died_on = ''
ON CONFLICT DO NOTHING`
)

// name tells a fact of a file from the others.
func (m Missing) name() string { return m.Variable + "." + string(m.Subject.ID) }

// named tells whether name is m's, without making it.
func (m *Missing) named(name string) bool {
	return len(name) == len(m.Variable)+1+len(m.Subject.ID) && name[len(m.Variable)] == '.' &&
		name[:len(m.Variable)] == m.Variable && name[len(m.Variable)+1:] == string(m.Subject.ID)
}

// asksOf are the facts that outcomes wait for, by rank; those that nothing ranked
// are left out.
func asksOf(outcomes []Outcome) []string {
	var list []Missing
	for _, o := range outcomes {
		for _, m := range o.Missing {
			if m.Rank > 0 && !slices.ContainsFunc(list, func(x Missing) bool { return x.name() == m.name() }) {
				list = append(list, m)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Missing) int { return a.Rank - b.Rank })
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.name()
	}
	return names
}

// writeEvaluation stores a calculation with its results and drops those of the
// same month that nothing names any more.
func writeEvaluation(tx *db.Tx, org, file, by core.ID, e evaluation, picture []byte, outcomes []Outcome) error {
	_, err := tx.Exec(insertEvaluation, org, file, e.id, e.month, e.law, e.factsDigest, e.computedAt, by, picture, strings.Join(asksOf(outcomes), " "), writeShort(outcomes))
	if err != nil {
		return fmt.Errorf("insert calculation: %w", err)
	}
	for _, o := range outcomes {
		missing := ""
		if len(o.Missing) > 0 {
			b, err := json.Marshal(o.Missing)
			if err != nil {
				return fmt.Errorf("write missing facts: %w", err)
			}
			missing = string(b)
		}
		_, err := tx.Exec(insertResult, org, file, e.id, o.Right, o.Status, o.Amount, o.Min, o.Max, missing, []byte(o.Detail), []byte(o.Explanation))
		if err != nil {
			return fmt.Errorf("insert result of %s: %w", o.Right, err)
		}
	}
	var old []core.ID
	rows, err := tx.Query(selectStale, org, file, e.month, e.id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		old = append(old, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("find old calculations: %w", err)
	}
	if len(old) == 0 {
		return nil
	}
	args := append([]any{org, file}, anys(old)...)
	for _, sql := range []string{deleteResults, deleteEvaluations} {
		if _, err := tx.Exec(sql+marks(3, len(old))+")", args...); err != nil {
			return fmt.Errorf("drop old calculations: %w", err)
		}
	}
	return nil
}

// rewriteTalk says again which rights of a file are worth talking about: those
// that are probable or to verify, and about which nobody decided anything.
func rewriteTalk(tx *db.Tx, org, file core.ID, results map[string]Result, decided map[string]Decision) error {
	if _, err := tx.Exec(deleteTalk, org, file); err != nil {
		return fmt.Errorf("rewrite rights to talk about: %w", err)
	}
	for _, r := range results {
		d, any := decided[r.Right]
		if (any && d.Kind != Reopened) || (r.Status != Probable && r.Status != ToVerify) {
			continue
		}
		if _, err := tx.Exec(insertTalk, org, file, r.Right, r.Evaluation); err != nil {
			return fmt.Errorf("rewrite rights to talk about: %w", err)
		}
	}
	return nil
}

// TalkAgain says again, to the teams that accompany a file's person now, which
// rights are worth talking about, from the results stored for a month.
func TalkAgain(tx *db.Tx, org, file core.ID, month core.Month) error {
	e, computed, err := loadEvaluation(tx, org, file, month)
	if err != nil {
		return err
	}
	var results map[string]Result
	if computed {
		if results, err = loadResults(tx, org, file, e); err != nil {
			return err
		}
	}
	decided, err := LoadDecisions(tx, org, file)
	if err != nil {
		return err
	}
	return rewriteTalk(tx, org, file, results, decided)
}
