package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	maxMerged = 20  // files that one person may gather
	maxReason = 300 // characters of why
)

// pair is two files that the actor may both change.
type pair struct {
	org         core.ID
	keep, other casefile.Opened
}

// allowPair checks that the worker may change both files, each on its own, and
// that they can become one: neither is already another, other gathers nobody. done
// says that this very merge holds already.
func (s *Service) allowPair(ctx context.Context, q db.Querier, in Input) (p pair, done bool, err error) {
	keep, other := in.Keep, in.Other
	if p.keep, err = s.cases.Allow(ctx, q, access.PersonEdit, &keep); err != nil {
		return p, false, err
	}
	if p.other, err = s.cases.Allow(ctx, q, access.PersonEdit, &other); err != nil {
		return p, false, err
	}
	p.org = p.keep.Org
	switch {
	case in.Keep == in.Other:
		return p, false, errs.New(errs.Invalid, "errs.casefile.merge_self")
	case keep == other && in.Keep == keep:
		return p, true, nil
	case keep == other:
		return p, false, errs.New(errs.Conflict, "errs.casefile.merge_done")
	case keep != in.Keep || other != in.Other || len(p.other.Humans) > 1:
		return p, false, errs.New(errs.Conflict, "errs.casefile.merge_chain")
	case len(p.keep.Humans) > maxMerged:
		return p, false, errs.New(errs.Conflict, "errs.casefile.merge_many")
	}
	return p, false, p.notKin(q)
}

const kinBetween = `SELECT COUNT(*) FROM kinship WHERE org_id = $1 AND kind = 'couple' AND (a = $2 AND b = $3 OR a = $3 AND b = $2)`

// notKin refuses to make one person of a parent and a child, or of a couple.
func (p pair) notKin(q db.Querier) error {
	for _, k := range p.keep.Humans {
		for _, o := range p.other.Humans {
			above, err := casefile.IsAncestor(q, p.org, k, o)
			if err != nil {
				return err
			}
			below, err := casefile.IsAncestor(q, p.org, o, k)
			if err != nil {
				return err
			}
			var couples int64
			if err := q.QueryRow(kinBetween, p.org, k, o).Scan(&couples); err != nil {
				return fmt.Errorf("look for a couple: %w", err)
			}
			if above || below || couples > 0 {
				return errs.New(errs.Invalid, "errs.casefile.merge_kin")
			}
		}
	}
	return nil
}

// Preview reads the two files that a merge would make one, the kept first.
func (s *Service) Preview(ctx context.Context, keep, other core.ID) (cards [2]Card, err error) {
	today := s.cases.Today(ctx)
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		p, done, err := s.allowPair(ctx, q, Input{Keep: keep, Other: other})
		if err == nil && done {
			err = errs.New(errs.Conflict, "errs.casefile.merge_done")
		}
		if err != nil {
			return journal.Event{}, err
		}
		for i, o := range []casefile.Opened{p.keep, p.other} {
			if cards[i], err = s.card(q, o, today); err != nil {
				return journal.Event{}, err
			}
		}
		return journal.Event{Kind: "person.compare", Subjects: append(slices.Clone(p.keep.Humans), p.other.Humans...)}, nil
	})
	return cards, err
}

func (s *Service) card(q db.Querier, o casefile.Opened, today core.Date) (c Card, err error) {
	id := o.Humans[0]
	if c.Person, err = s.cases.ReadPerson(q, o.Org, id); err != nil {
		return c, err
	}
	facts, err := casefile.ReadFacts(q, o, id)
	if err != nil {
		return c, err
	}
	for _, f := range facts {
		if f.Current() {
			c.Facts++
		}
	}
	view, err := casefile.ReadHousehold(q, o.Org, id, today)
	if err != nil {
		return c, err
	}
	for _, m := range view.Members {
		if m.Person != id {
			c.Lives = append(c.Lives, view.Humans[m.Person].Name())
		}
	}
	teams, err := access.Teams(q, o.Org)
	for _, id := range o.Teams() {
		i := slices.IndexFunc(teams, func(t access.Team) bool { return t.ID == id })
		if i >= 0 && !slices.Contains(c.Teams, teams[i].Name) {
			c.Teams = append(c.Teams, teams[i].Name)
		}
	}
	return c, err
}

const dropTalk = `DELETE FROM right_to_talk WHERE org_id = $1 AND person_id = $2`

const insertAlias = `INSERT INTO person_alias (org_id, id, alias_id, person_id, reason, merged_at, merged_by, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`

// Merge says that two files are one person: it writes one row, and every read
// leads to in.Keep from then on. A worker who may change only one of the two is
// refused. Saying twice the same is no error; the other way round, or in a chain,
// is a Conflict. Undo takes it back at any time.
func (s *Service) Merge(ctx context.Context, in Input) error {
	in.Reason = strings.TrimSpace(in.Reason)
	var f errs.Fields
	casefile.CheckText(&f, "reason", in.Reason, maxReason)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.cases.Access.Recent(ctx); err != nil {
		return err
	}
	month := s.cases.ThisMonth(ctx)
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lockBoth(tx, core.ActorFrom(ctx).Org, in.Keep, in.Other); err != nil {
			return err
		}
		p, done, err := s.allowPair(ctx, tx, in)
		if err != nil || done {
			return err
		}
		keep, err := s.cases.ReadPerson(tx, p.org, in.Keep)
		if err != nil {
			return err
		}
		other, err := s.cases.ReadPerson(tx, p.org, in.Other)
		if err != nil {
			return err
		}
		if in.KeepVersion != 0 && in.KeepVersion != keep.Version || in.OtherVersion != 0 && in.OtherVersion != other.Version {
			return errs.New(errs.Conflict, "errs.casefile.merge_changed")
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertAlias, p.org, id, in.Other, in.Keep, in.Reason, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("insert alias: %w", err)
		}
		if _, err := tx.Exec(dropTalk, p.org, in.Other); err != nil {
			return fmt.Errorf("rewrite rights to talk about: %w", err)
		}
		if err := casefile.RenameInLists(tx, p.org, in.Keep, keep.Identity); err != nil {
			return err
		}
		if err := casefile.TalkAgain(tx, p.org, in.Keep, month); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "person.merge", Subjects: append(slices.Clone(p.keep.Humans), p.other.Humans...),
			Object: "person", ObjectID: in.Keep})
	})
	if err != nil {
		return err
	}
	s.cases.RecomputeAfter(ctx, in.Keep)
	return nil
}

const lockTwo = `SELECT id FROM person WHERE org_id = $1 AND id IN ($2, $3) ORDER BY id FOR UPDATE`

// lockBoth keeps two files until the commit, always in the same order.
func lockBoth(tx *db.Tx, org, a, b core.ID) error {
	rows, err := tx.Query(lockTwo, org, a, b)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		return r.Scan(&id)
	})
	if err != nil {
		return fmt.Errorf("lock files %s and %s: %w", a, b, err)
	}
	return nil
}
