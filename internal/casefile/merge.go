package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	maxMerged = 20  // files that one person may gather
	maxReason = 300 // characters of why
)

// MergeCard is one of two files as they are shown side by side before a merge.
type MergeCard struct {
	Person Person
	Facts  int      // that count today
	Lives  []string // names of those under the same roof
	Teams  []string
}

// MergeInput says that Other is Keep. The versions are those of the two people
// that the page showed; 0 skips the check.
type MergeInput struct {
	Keep, Other               core.ID
	KeepVersion, OtherVersion int64
	Reason                    string // "" or at most 300 characters
}

// Merged is somebody who was made one with a file's person.
type Merged struct {
	Person Person
	Reason string
	At     int64 // µs UTC
	By     core.ID
}

// pair is two files that the actor may both change.
type pair struct {
	org         core.ID
	keep, other Opened
}

// allowPair checks that the worker may change both files, each on its own, and
// that they can become one: neither is already another, other gathers nobody. done
// says that this very merge holds already.
func (s *Service) allowPair(ctx context.Context, q db.Querier, in MergeInput) (p pair, done bool, err error) {
	keep, other := in.Keep, in.Other
	if p.keep, err = s.Allow(ctx, q, access.PersonEdit, &keep); err != nil {
		return p, false, err
	}
	if p.other, err = s.Allow(ctx, q, access.PersonEdit, &other); err != nil {
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
			for _, ask := range []struct {
				sql  string
				a, b core.ID
			}{{isAncestor, k, o}, {isAncestor, o, k}, {kinBetween, k, o}} {
				var n int64
				if err := q.QueryRow(ask.sql, p.org, ask.a, ask.b).Scan(&n); err != nil {
					return fmt.Errorf("look for kin: %w", err)
				}
				if n > 0 {
					return errs.New(errs.Invalid, "errs.casefile.merge_kin")
				}
			}
		}
	}
	return nil
}

// PreviewMerge reads the two files that a merge would make one, the kept first.
func (s *Service) PreviewMerge(ctx context.Context, keep, other core.ID) (cards [2]MergeCard, err error) {
	today := s.Today(ctx)
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		p, done, err := s.allowPair(ctx, q, MergeInput{Keep: keep, Other: other})
		if err == nil && done {
			err = errs.New(errs.Conflict, "errs.casefile.merge_done")
		}
		if err != nil {
			return journal.Event{}, err
		}
		for i, o := range []Opened{p.keep, p.other} {
			if cards[i], err = s.mergeCard(q, o, today); err != nil {
				return journal.Event{}, err
			}
		}
		return journal.Event{Kind: "person.compare", Subjects: append(slices.Clone(p.keep.Humans), p.other.Humans...)}, nil
	})
	return cards, err
}

func (s *Service) mergeCard(q db.Querier, o Opened, today core.Date) (c MergeCard, err error) {
	id := o.Humans[0]
	if c.Person, err = s.loadPerson(q, o.Org, id); err != nil {
		return c, err
	}
	facts, err := loadFacts(q, o, id)
	if err != nil {
		return c, err
	}
	for _, f := range facts {
		if f.Current() {
			c.Facts++
		}
	}
	view, err := loadHousehold(q, o.Org, id, today)
	if err != nil {
		return c, err
	}
	for _, m := range view.Members {
		if m.Person != id {
			c.Lives = append(c.Lives, view.Humans[m.Person].Name())
		}
	}
	names, err := teamNames(q, o.Org)
	for _, t := range o.Teams() {
		if !slices.Contains(c.Teams, names[t]) {
			c.Teams = append(c.Teams, names[t])
		}
	}
	return c, err
}

const insertAlias = `INSERT INTO person_alias (org_id, id, alias_id, person_id, reason, merged_at, merged_by, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`

// Merge says that two files are one person: it writes one row, and every read
// leads to in.Keep from then on. A worker who may change only one of the two is
// refused. Saying twice the same is no error; the other way round, or in a chain,
// is a Conflict. Unmerge takes it back at any time.
func (s *Service) Merge(ctx context.Context, in MergeInput) error {
	in.Reason = strings.TrimSpace(in.Reason)
	var f errs.Fields
	checkText(&f, "reason", in.Reason, maxReason)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Access.Recent(ctx); err != nil {
		return err
	}
	month := s.ThisMonth(ctx)
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lockBoth(tx, core.ActorFrom(ctx).Org, in.Keep, in.Other); err != nil {
			return err
		}
		p, done, err := s.allowPair(ctx, tx, in)
		if err != nil || done {
			return err
		}
		keep, err := s.loadPerson(tx, p.org, in.Keep)
		if err != nil {
			return err
		}
		other, err := s.loadPerson(tx, p.org, in.Other)
		if err != nil {
			return err
		}
		if in.KeepVersion != 0 && in.KeepVersion != keep.Version || in.OtherVersion != 0 && in.OtherVersion != other.Version {
			return errs.New(errs.Conflict, "errs.casefile.merge_changed")
		}
		id, err := s.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertAlias, p.org, id, in.Other, in.Keep, in.Reason, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("insert alias: %w", err)
		}
		if _, err := tx.Exec(deleteTalk, p.org, in.Other); err != nil {
			return fmt.Errorf("rewrite rights to talk about: %w", err)
		}
		if err := renameInLists(tx, p.org, in.Keep, sortName(keep.Identity)); err != nil {
			return err
		}
		if err := TalkAgain(tx, p.org, in.Keep, month); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "person.merge", Subjects: append(slices.Clone(p.keep.Humans), p.other.Humans...),
			Object: "person", ObjectID: in.Keep})
	})
	if err != nil {
		return err
	}
	s.recomputeAfter(ctx, in.Keep)
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
	decided, err := loadDecisions(tx, org, file)
	if err != nil {
		return err
	}
	return rewriteTalk(tx, org, file, results, decided)
}

const selectMerged = `SELECT alias_id, reason, merged_at, merged_by FROM person_alias
WHERE org_id = $1 AND person_id = $2 AND ended_at = 0 ORDER BY id LIMIT 50`

// loadMerged reads who was made one with a person.
func (s *Service) loadMerged(q db.Querier, org, person core.ID) ([]Merged, error) {
	var list []Merged
	rows, err := q.Query(selectMerged, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var m Merged
		err := r.Scan(&m.Person.ID, &m.Reason, &m.At, &m.By)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	for i := range list { // at most maxMerged, nearly always none
		if list[i].Person, err = s.loadPerson(q, org, list[i].Person.ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}
