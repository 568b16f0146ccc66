package caseload

import (
	"context"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Follow is who accompanies a person, and who did.
type Follow struct {
	Person   core.ID
	Identity casefile.Identity
	Today    core.Date
	// Open tells whether the file may be opened; otherwise the actor's team ended
	// its accompaniment, may read how and begin again, and nothing else is read.
	Open       bool
	Cases      []Case     // of a closed one: those of the actor's teams
	Closings   []Closing  // the latest first
	Transfers  []Transfer // the latest first
	Steps      []Step     // open ones, that may go along
	Teams      []access.Team
	Colleagues []Colleague
	Names      map[core.ID]string
	TeamNames  map[core.ID]string
}

// Step is an open step that may go along with an accompaniment.
type Step struct {
	ID     core.ID
	Title  string
	DueOn  core.Date
	Worker core.ID
}

// Colleague is somebody who may receive an accompaniment, in one of their teams.
type Colleague struct {
	Worker, Team core.ID
	Name         string
}

// Read reads who accompanies a person. Of a person whom nobody of the actor's teams
// accompanies any more, it reads the end alone.
func (s *Service) Read(ctx context.Context, person core.ID) (Follow, error) {
	var f Follow
	today := s.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		f = Follow{Today: today}
		id := person
		o, err := s.cases.Allow(ctx, q, access.PersonOpen, &id)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
			return s.readClosed(ctx, q, person, &f, err)
		}
		if err != nil {
			return journal.Event{}, err
		}
		f.Person, f.Open = id, true
		if f.Cases, err = loadCases(q, o.Org, id); err != nil {
			return journal.Event{}, err
		}
		if f.Closings, err = loadClosings(q, o.Org, id); err != nil {
			return journal.Event{}, err
		}
		if f.Transfers, err = loadTransfers(q, o.Org, id); err != nil {
			return journal.Event{}, err
		}
		steps, err := loadOpenSteps(q, o.Org, id)
		if err != nil {
			return journal.Event{}, err
		}
		for _, st := range steps {
			f.Steps = append(f.Steps, Step{st.ID, st.Title, st.DueOn, st.Worker})
		}
		if err := f.people(q, o.Org); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "case.read", Subjects: o.Humans}, nil
	})
	return f, err
}

// readClosed reads what the team that ended an accompaniment may read of it.
// refused is what they are told when it is not theirs.
func (s *Service) readClosed(ctx context.Context, q db.Querier, person core.ID, f *Follow, refused error) (journal.Event, error) {
	closed, all, err := s.allowClosed(ctx, q, &person)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
		return journal.Event{}, refused
	}
	if err != nil {
		return journal.Event{}, err
	}
	actor := core.ActorFrom(ctx)
	f.Person = person
	for _, c := range all {
		if actor.InTeam(c.Team) {
			f.Cases = append(f.Cases, c)
		}
	}
	ends, err := loadClosings(q, actor.Org, person)
	if err != nil {
		return journal.Event{}, err
	}
	for _, e := range ends {
		if actor.InTeam(e.Team) {
			f.Closings = append(f.Closings, e)
		}
	}
	if err := f.people(q, actor.Org); err != nil {
		return journal.Event{}, err
	}
	return journal.Event{Kind: "case.read", Subjects: humans(person, all), Object: "case", ObjectID: closed.ID}, nil
}

// people reads the name of the person, and of the workers and teams named here.
func (f *Follow) people(q db.Querier, org core.ID) error {
	var err error
	if f.Identity, err = casefile.ReadIdentity(q, org, f.Person); err != nil {
		return err
	}
	if f.Teams, err = access.Teams(q, org); err != nil {
		return err
	}
	f.TeamNames = make(map[core.ID]string, len(f.Teams))
	ids := make([]core.ID, len(f.Teams))
	for i, t := range f.Teams {
		f.TeamNames[t.ID], ids[i] = t.Name, t.ID
	}
	var who []core.ID
	for _, c := range f.Cases {
		who = append(who, c.Referent)
	}
	for _, c := range f.Closings {
		who = append(who, c.By)
	}
	for _, t := range f.Transfers {
		who = append(who, t.ProposedBy, t.FromWorker, t.ToWorker, t.AnsweredBy)
	}
	for _, st := range f.Steps {
		who = append(who, st.Worker)
	}
	if len(who) > 200 {
		who = who[:200]
	}
	if f.Names, err = workerNames(q, org, who...); err != nil {
		return err
	}
	if !f.Open {
		return nil
	}
	workers, err := access.TeamWorkers(q, org, ids...)
	for _, w := range workers {
		for _, t := range w.Teams {
			f.Colleagues = append(f.Colleagues, Colleague{w.ID, t, w.Name})
		}
	}
	return err
}

// Own is what a person reads of who accompanies them.
type Own struct {
	Cases     []Case // that hold
	Closings  []Closing
	Transfers []Transfer // that wait, or were accepted within sixty days
	Names     map[core.ID]string
	TeamNames map[core.ID]string
}

const newsDays = 60 // how long the person's home tells of a change

// ReadOwn reads, for the person who signed in, who accompanies them: what is
// proposed, what changed lately, how it ended.
func (s *Service) ReadOwn(ctx context.Context) (Own, error) {
	var own Own
	actor := core.ActorFrom(ctx)
	since := s.cases.Clock.Now().AddDate(0, 0, -newsDays).UnixMicro()
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		own = Own{}
		if err := s.cases.Access.Can(ctx, access.CaseOwn, access.Resource{Org: actor.Org, Person: actor.ID}); err != nil {
			return journal.Event{}, err
		}
		// What workers believe of who is who gives nobody another's file: the rows
		// written for this person alone.
		all, err := loadCases(q, actor.Org, actor.ID)
		if err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for _, c := range all {
			if c.Row == actor.ID && c.Phase == casefile.PhaseActive {
				own.Cases = append(own.Cases, c)
				who = append(who, c.Referent)
			}
		}
		mine := func(id core.ID) bool {
			return slices.ContainsFunc(all, func(c Case) bool { return c.ID == id && c.Row == actor.ID })
		}
		ends, err := loadClosings(q, actor.Org, actor.ID)
		if err != nil {
			return journal.Event{}, err
		}
		for _, e := range ends {
			again := slices.ContainsFunc(own.Cases, func(c Case) bool { return c.Team == e.Team })
			if mine(e.Case) && !again {
				own.Closings = append(own.Closings, e)
			}
		}
		moves, err := loadTransfers(q, actor.Org, actor.ID)
		if err != nil {
			return journal.Event{}, err
		}
		for _, t := range moves {
			if mine(t.Case) && (t.State == Proposed || t.State == Accepted && t.AnsweredAt >= since) {
				own.Transfers = append(own.Transfers, t)
				who = append(who, t.ProposedBy, t.ToWorker, t.AnsweredBy)
			}
		}
		if own.Names, err = workerNames(q, actor.Org, who...); err != nil {
			return journal.Event{}, err
		}
		own.TeamNames, err = teamNames(q, actor.Org)
		return journal.Event{Kind: "case.own", Subjects: []core.ID{actor.ID}}, err
	})
	return own, err
}
