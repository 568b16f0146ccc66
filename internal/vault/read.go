package vault

import (
	"context"
	"io"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// Shelf is a person's papers as somebody may see them: all of them for the person, those
// that a grant opens for a team.
type Shelf struct {
	Person   core.ID
	Identity casefile.Identity
	Today    core.Date
	Papers   []Paper // the latest first
	Bin      []Paper // for the person alone
	More     bool    // there are more than a page shows
	Teams    []access.Team
	Mine     []access.Team // of those that accompany the person, the actor's own
	Steps    []casefile.Step
	HasKey   bool  // the person has a card, papers can be kept
	Locked   bool  // for the person: their card is asked before one opens
	Bytes    int64 // of all of them
	Quota    int64
	Sealed   bool
}

// AlmostFull tells that little room is left.
func (sh Shelf) AlmostFull() bool { return sh.Bytes*100 >= sh.Quota*notePart }

const selectIdentity = `SELECT usual_name, given_names, use_name, title FROM person WHERE org_id = $1 AND id = $2`

// Read lists papers: for the person whose they are, or for a worker of a team that
// accompanies them.
func (s *Service) Read(ctx context.Context, person core.ID) (Shelf, error) {
	var out Shelf
	err := s.Cases.Journal.ReadBriefly(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Cases.Allow(ctx, q, action(ctx, access.PaperList), &person)
		if err != nil {
			return journal.Event{}, err
		}
		out = Shelf{Person: person, Today: s.Today(ctx), Quota: s.Quota, Sealed: s.Sealed()}
		if err := s.fill(ctx, q, o, &out); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "paper.list", Subjects: o.Humans}, nil
	})
	return out, err
}

func (s *Service) fill(ctx context.Context, q db.Querier, o casefile.Opened, out *Shelf) error {
	i := &out.Identity
	if err := q.QueryRow(selectIdentity, o.Org, out.Person).Scan(&i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &i.Title); err != nil {
		return err
	}
	papers, err := s.list(q, s.own(ctx, papersOf), o.Org, out.Person)
	if err != nil {
		return err
	}
	if err := s.withGrants(q, o.Org, out.Person, papers); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	for _, p := range papers {
		if !isPerson(ctx) {
			if p.Grants = liveFor(p.Grants, a, out.Today); len(p.Grants) == 0 {
				continue
			}
		}
		out.Papers = append(out.Papers, p)
	}
	if len(out.Papers) > maxShelf {
		out.Papers, out.More = out.Papers[:maxShelf], true
	}
	teams, err := access.Teams(q, o.Org)
	if err != nil {
		return err
	}
	for _, t := range teams {
		for _, id := range o.Teams() {
			if t.ID == id {
				out.Teams = append(out.Teams, t)
				if a.InTeam(id) {
					out.Mine = append(out.Mine, t)
				}
			}
		}
	}
	key, err := keyOfPerson(q, o.Org, out.Person)
	if err != nil {
		return err
	}
	out.HasKey = key.id != ""
	if !isPerson(ctx) {
		return nil
	}
	var n int64
	if err := q.QueryRow(weightOf, o.Org, out.Person).Scan(&n, &out.Bytes); err != nil {
		return err
	}
	if _, err := s.private(ctx, q, key.id); Locked(err) {
		out.Locked = true
	} else if err != nil {
		return err
	}
	out.Bin, err = s.list(q, binOf, o.Org, out.Person)
	return err
}

// own shortens a query for a person: what workers believe of who is who gives nobody
// another's papers.
func (s *Service) own(ctx context.Context, sql string) string {
	if isPerson(ctx) {
		return strings.ReplaceAll(sql, "IN "+casefile.SameHuman, "= $2")
	}
	return sql
}

// liveFor keeps the grants that open something for a worker on a day.
func liveFor(all []Grant, a core.Actor, today core.Date) []Grant {
	var out []Grant
	for _, g := range all {
		if g.Live(today) && a.InTeam(g.Team) {
			out = append(out, g)
		}
	}
	return out
}

// See reads one paper's description.
func (s *Service) See(ctx context.Context, person, paper core.ID) (Paper, Shelf, error) {
	var p Paper
	var out Shelf
	err := s.Cases.Journal.ReadBriefly(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Cases.Allow(ctx, q, action(ctx, access.PaperList), &person)
		if err != nil {
			return journal.Event{}, err
		}
		out = Shelf{Person: person, Today: s.Today(ctx), Quota: s.Quota, Sealed: s.Sealed()}
		if p, _, err = s.granted(ctx, q, o, paper, See); err != nil {
			return journal.Event{}, err
		}
		if err := s.fill(ctx, q, o, &out); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "paper.describe", Subjects: o.Humans, Object: "paper", ObjectID: p.ID}, nil
	})
	return p, out, err
}

// granted finds a paper that the actor may use so: the person their own, a worker by a
// grant, which the policies judge and the journal's line will name.
func (s *Service) granted(ctx context.Context, q db.Querier, o casefile.Opened, paper core.ID, gesture Gesture) (Paper, *Grant, error) {
	p, err := s.one(q, o, paper)
	if err != nil {
		return p, nil, err
	}
	if p.GoneAt != 0 {
		return p, nil, gone()
	}
	if isPerson(ctx) {
		return p, nil, nil
	}
	a := core.ActorFrom(ctx)
	what := access.PaperRead
	if gesture == Take {
		what = access.PaperTake
	}
	for _, g := range p.Grants {
		if !a.InTeam(g.Team) {
			continue
		}
		invoked := access.Invoke(ctx, access.Invoked{Kind: access.InvokedGrant, ID: g.ID, Person: o.Humans[0], Teams: []core.ID{g.Team}, Gestures: g.Gestures,
			From: g.From, Until: g.Until, Revoked: g.EndedAt != 0 || len(g.wrapped) == 0, Today: s.Today(ctx)})
		err := s.Cases.AllowAlso(invoked, o, what)
		if err == nil {
			p.Grants = liveFor(p.Grants, a, s.Today(ctx))
			return p, &g, nil
		}
		if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			return p, nil, err
		}
	}
	return p, nil, gone()
}

// Download is a paper being read. Close it.
type Download struct {
	Paper Paper
	io.ReadCloser
}

// Open gives the clear bytes of a paper, once the line of it is written. Errors: NotFound
// for what is not there, or not theirs; one that Locked tells when the person's card is
// asked first. A read that fails in the middle means that the file was changed.
func (s *Service) Open(ctx context.Context, person, paper core.ID, gesture Gesture) (Download, error) {
	var p Paper
	var private lock.Private
	var file lock.FileKey
	kind := "paper.open"
	if gesture == Take {
		kind = "paper.take"
	}
	err := s.Cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Cases.Allow(ctx, q, action(ctx, access.PaperList), &person)
		if err != nil {
			return journal.Event{}, err
		}
		var g *Grant
		if p, g, err = s.granted(ctx, q, o, paper, gesture); err != nil {
			return journal.Event{}, err
		}
		if g == nil {
			private, err = s.private(ctx, q, p.key)
		} else {
			var team lock.Private
			if team, err = s.openTeam(q, o.Org, g.Team); err == nil {
				file, err = lock.UnwrapFileKey(g.wrapped, team)
			}
		}
		return journal.Event{Kind: kind, Subjects: o.Humans, Object: "paper", ObjectID: p.ID}, err
	})
	if err != nil {
		return Download{}, err
	}
	stored, err := s.Blobs.Open(ctx, p.blob)
	if err != nil {
		return Download{}, err
	}
	var clear io.Reader
	if private.IsZero() {
		clear, err = lock.DecryptFileWith(stored, file)
	} else {
		clear, err = lock.DecryptFile(stored, private)
	}
	if err != nil {
		_ = stored.Close()
		return Download{}, errs.Wrap(errs.Unavailable, "errs.papers.damaged", err)
	}
	return Download{Paper: p, ReadCloser: reading{clear, stored}}, nil
}

type reading struct {
	io.Reader
	io.Closer
}
