package seen

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Rule is whom an organisation calls by name in the journal that persons read.
type Rule string

// The rules. Referent is the one of an organisation that chose none.
const (
	Referent  Rule = "referent" // who accompanies the person; the others by their function
	Functions Rule = "function" // nobody
	Names     Rule = "name"     // everybody
)

// Rules lists them as a form shows them.
func Rules() []Rule { return []Rule{Referent, Functions, Names} }

func (r Rule) known() bool { return r == Referent || r == Functions || r == Names }

// Naming is the choice of an organisation.
type Naming struct {
	Rule    Rule
	Unnamed []core.ID // workers never called by name, whatever the rule
	Version int64
}

const (
	readRule    = `/* every row: there is one */ SELECT rule, version FROM seen_naming WHERE org_id = $1`
	readUnnamed = `/* every row: few workers are threatened */ SELECT worker_id FROM seen_unnamed WHERE org_id = $1 ORDER BY worker_id LIMIT 5000`
)

func loadNaming(q db.Querier, org core.ID) (Naming, error) {
	n := Naming{Rule: Referent}
	err := q.QueryRow(readRule, org).Scan(&n.Rule, &n.Version)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return n, fmt.Errorf("whom the journal names: %w", err)
	}
	rows, err := q.Query(readUnnamed, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		n.Unnamed = append(n.Unnamed, id)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("whom the journal never names: %w", err)
	}
	return n, nil
}

// Naming reads the choice of the actor's organisation, for who administers it.
func (s *Service) Naming(ctx context.Context) (Naming, error) {
	if err := s.cases.Access.Can(ctx, access.OrgEdit, access.Here(ctx)); err != nil {
		return Naming{}, err
	}
	var n Naming
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		n, err = loadNaming(q, core.ActorFrom(ctx).Org)
		return err
	})
	return n, err
}

const (
	insertRule    = `INSERT INTO seen_naming (org_id, rule, version) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING`
	updateRule    = `/* every row: there is one */ UPDATE seen_naming SET rule = $2, version = version + 1 WHERE org_id = $1 AND version = $3`
	deleteUnnamed = `/* every row: the choice is made again whole */ DELETE FROM seen_unnamed WHERE org_id = $1`
	insertUnnamed = `INSERT INTO seen_unnamed (org_id, worker_id) SELECT org_id, id FROM worker WHERE org_id = $1 AND id = $2`
)

const maxUnnamed = 5000

// SetNaming changes the choice; n.Version is the one the form showed. Invalid on
// "rule"; Conflict when it changed meanwhile. An id that is no worker of the
// organisation is left out.
func (s *Service) SetNaming(ctx context.Context, n Naming) error {
	if err := s.cases.Access.Can(ctx, access.OrgEdit, access.Here(ctx)); err != nil {
		return err
	}
	var f errs.Fields
	if !n.Rule.known() {
		f.Add("rule", "seen.error.rule")
	}
	if len(n.Unnamed) > maxUnnamed {
		f.Add("unnamed", "seen.error.rule")
	}
	if err := f.Err(); err != nil {
		return err
	}
	org := core.ActorFrom(ctx).Org
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		write, args := updateRule, []any{org, string(n.Rule), n.Version}
		if n.Version == 0 {
			write, args = insertRule, args[:2]
		}
		switch changed, err := tx.Exec(write, args...); {
		case err != nil:
			return fmt.Errorf("change whom the journal names: %w", err)
		case changed == 0:
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		if _, err := tx.Exec(deleteUnnamed, org); err != nil {
			return fmt.Errorf("change whom the journal never names: %w", err)
		}
		for _, id := range n.Unnamed {
			if _, err := tx.Exec(insertUnnamed, org, id); err != nil {
				return fmt.Errorf("change whom the journal never names: %w", err)
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "org.edit", Object: "org", ObjectID: org})
	})
}
