// Package space is what a person's own space shows. Somebody may look over their
// shoulder, or make them open it: each item can be left out, the home can name
// nobody, and the choice can be kept for the counter, so that nobody changes it on a
// phone. What is left out answers as if it were not there; the file itself, and who
// may read it, do not change.
//
//	if err := spaces.Shows(ctx, space.Rights); err != nil { … } // NotFound
package space

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

// Item is a part of a person's space that can be left out.
type Item string

// The items, in the order of the home.
const (
	Rights     Item = "rights"
	Situation  Item = "situation"
	Plan       Item = "plan"
	Papers     Item = "papers"
	Notes      Item = "notes" // shared notes and the person's words
	Journal    Item = "journal"
	Agreements Item = "agreements"
	Copy       Item = "copy" // of the whole file
	Who        Item = "who"  // who accompanies them
)

// Items lists them.
func Items() []Item {
	return []Item{Rights, Situation, Plan, Papers, Notes, Journal, Agreements, Copy, Who}
}

// Space is what is shown.
type Space struct {
	Hidden  []Item
	Neutral bool // the home names nobody and says nothing of what is behind its doors
	Locked  bool // only a worker beside the person changes this
	Version int64
}

// Shows tells whether an item is shown.
func (s Space) Shows(item Item) bool { return !slices.Contains(s.Hidden, item) }

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of persons.
func New(cases *casefile.Service) *Service { return &Service{cases: cases} }

const (
	spaceColumns = `SELECT person_id, hidden, neutral, locked, version FROM person_space WHERE org_id = $1 AND `
	// What a worker reads is the strictest of the person's and of those merged into them.
	selectSpaces = spaceColumns + `person_id IN ` + casefile.SameHuman + ` LIMIT 50`
	// What a person's card shows is their own choice, and whatever was kept for the
	// counter in a file that is the same human's: each card answers for all.
	selectOwn = spaceColumns + `(person_id = $2 OR locked = 1 AND (
	person_id = (SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0)
	OR person_id IN (SELECT alias_id FROM person_alias WHERE org_id = $1 AND ended_at = 0
		AND person_id = COALESCE((SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0), $2)))) LIMIT 50`
)

// load reads the strictest of the spaces that a statement gives; its version is that
// of the person's own row, 0 when there is none.
func load(q db.Querier, sql string, org, person core.ID) (Space, error) {
	var s Space
	rows, err := q.Query(sql, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var one Space
		var id core.ID
		var hidden string
		if err := r.Scan(&id, &hidden, &one.Neutral, &one.Locked, &one.Version); err != nil {
			return err
		}
		if id == person {
			s.Version = one.Version
		}
		s.Neutral, s.Locked = s.Neutral || one.Neutral, s.Locked || one.Locked
		for _, item := range strings.Fields(hidden) {
			if s.Shows(Item(item)) {
				s.Hidden = append(s.Hidden, Item(item))
			}
		}
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("what a space shows: %w", err)
	}
	slices.Sort(s.Hidden)
	return s, nil
}

// Own reads the space of the person who signed in. It leaves no line: it says
// nothing of their file.
func (s *Service) Own(ctx context.Context) (Space, error) {
	actor := core.ActorFrom(ctx)
	if err := s.cases.Access.Can(ctx, access.SpaceOwn, access.Resource{Org: actor.Org, Person: actor.ID}); err != nil {
		return Space{}, err
	}
	var out Space
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		out, err = load(q, selectOwn, actor.Org, actor.ID)
		return err
	})
	return out, err
}

// Shows refuses, as NotFound, an item that the person who signed in does not show.
func (s *Service) Shows(ctx context.Context, item Item) error {
	own, err := s.Own(ctx)
	if err == nil && !own.Shows(item) {
		err = errs.New(errs.NotFound, "space.error.away")
	}
	return err
}

// Of reads the space of somebody, for a worker beside them.
func (s *Service) Of(ctx context.Context, person core.ID) (Space, error) {
	var out Space
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.PersonEdit, &person)
		if err != nil {
			return journal.Event{}, err
		}
		out, err = load(q, selectSpaces, o.Org, person)
		return journal.Event{Kind: "person.read", Subjects: o.Humans}, err
	})
	return out, err
}

const (
	insertSpace = `INSERT INTO person_space (org_id, person_id, hidden, neutral, locked, version) VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT DO NOTHING`
	sameSpace   = `INSERT INTO person_space (org_id, person_id, hidden, neutral, locked, version) VALUES ($1, $2, $3, $4, $5, 1)
ON CONFLICT (org_id, person_id) DO UPDATE SET hidden = excluded.hidden, neutral = excluded.neutral, locked = excluded.locked, version = person_space.version + 1`
	updateSpace = `UPDATE person_space SET hidden = $3, neutral = $4, locked = $5, version = version + 1 WHERE org_id = $1 AND person_id = $2 AND version = $6`
)

// SetOwn changes the space of the person who signed in; in.Version is the one the
// form showed. Forbidden when it is kept for the counter; Invalid on "hidden";
// Conflict when it changed meanwhile.
func (s *Service) SetOwn(ctx context.Context, in Space) error {
	person := core.ActorFrom(ctx).ID
	return s.set(ctx, access.SpaceOwn, person, in, func(now Space) error {
		if now.Locked {
			return errs.New(errs.Forbidden, "space.error.locked")
		}
		return nil
	})
}

// Set changes the space of somebody, by a worker beside them: of every card they
// hold, those of files merged into theirs included.
func (s *Service) Set(ctx context.Context, person core.ID, in Space) error {
	return s.set(ctx, access.PersonEdit, person, in, func(Space) error { return nil })
}

func (s *Service) set(ctx context.Context, action access.Action, person core.ID, in Space, may func(now Space) error) error {
	for _, item := range in.Hidden {
		if !slices.Contains(Items(), item) {
			var f errs.Fields
			f.Add("hidden", "errs.casefile.choice_unknown")
			return f.Err()
		}
	}
	slices.Sort(in.Hidden)
	in.Hidden = slices.Compact(in.Hidden)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, action, &person)
		if err != nil {
			return err
		}
		now, err := load(tx, selectOwn, o.Org, person)
		if err != nil {
			return err
		}
		if err := may(now); err != nil {
			return err
		}
		words := make([]string, len(in.Hidden))
		for i, item := range in.Hidden {
			words[i] = string(item)
		}
		args := []any{o.Org, person, strings.Join(words, " "), flag(in.Neutral), flag(in.Locked)}
		write := insertSpace
		if in.Version != 0 {
			write, args = updateSpace, append(args, in.Version)
		}
		switch n, err := tx.Exec(write, args...); {
		case err != nil:
			return fmt.Errorf("change what a space shows: %w", err)
		case n == 0:
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		for _, id := range o.Humans {
			if id == person {
				continue
			}
			if _, err := tx.Exec(sameSpace, o.Org, id, args[2], args[3], args[4]); err != nil {
				return fmt.Errorf("change what the space of a merged file shows: %w", err)
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "person.space", Subjects: o.Humans})
	})
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
