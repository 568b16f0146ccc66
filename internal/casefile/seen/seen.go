// Package seen is the journal as the person it concerns reads it: on which day, who
// by their function (or their name, where the organisation chose it), did what, and
// why. It shows no minute, no duration and no count, it cannot be searched by
// worker, and nobody but the person and who accompanies them reads it.
//
//	month, err := seen.New(cases, journal).Read(ctx, person, core.MonthOf(2026, 6))
package seen

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Prover proves lines: *journal.Journal is one.
type Prover interface {
	Prove(ctx context.Context, humans []core.ID, at journal.Place) (journal.Proof, error)
	PublicKey() string
}

// Service reads the journal for persons. It is safe for concurrent use.
type Service struct {
	cases  *casefile.Service
	prover Prover
}

// New makes a Service on the files of persons.
func New(cases *casefile.Service, prover Prover) *Service {
	return &Service{cases: cases, prover: prover}
}

// Who is in what capacity somebody did something, as the person reads it.
type Who string

// The kinds of who.
const (
	Self    Who = "self"    // the person themself
	Named   Who = "named"   // a worker, by their name and function
	Worker  Who = "worker"  // a worker, by their function alone
	Law     Who = "law"     // the calculation of rights: nobody opened the file
	Program Who = "program" // the program itself
	Erased  Who = "erased"  // the content was erased; the line keeps its place
)

// Line is what one of them did on one day, for one reason.
type Line struct {
	Who      Who
	Name     string   // Named
	Function string   // as it was that day; "" when none was said
	Team     string   // of the organisation; "" for who has none
	Kinds    []string // codes of the journal, each once, as first met
	Reason   string   // as it was written; "" = none
	Ours     bool     // their team accompanies the person today
	At       []Place  // the lines it stands for
}

// Place is where a line stands in the journal: what a proof is asked for.
type Place = journal.Place

// Day is what happened on a day, newest first.
type Day struct {
	Date  core.Date
	Lines []Line
	// Glimpses are those whose list or search showed the person's name, and who
	// did nothing else that day.
	Glimpses []Line
}

// Month is a month of the journal of a person.
type Month struct {
	Person casefile.Person // who it is about
	Month  core.Month
	First  core.Month // the oldest month that may hold a line
	Last   core.Month // the one it is
	Days   []Day
	Rule   Rule // whom it names
}

// Latest is what the person's home says of the journal.
type Latest struct {
	Date core.Date
	Line Line
}

// glimpse tells the kinds that show a name among others.
func glimpse(kind string) bool {
	switch kind {
	case "list", "search", "person.duplicates", "import.show", "import.check", "step.due":
		return true
	}
	return false
}

const selectName = `SELECT usual_name, given_names, birth_name, use_name, title FROM person WHERE org_id = $1 AND id = $2`

// Read reads a month of the journal of a person: for the person who signed in, or,
// beside them, for a worker of a team that accompanies them. The zero month is this
// one. NotFound when they may not; Invalid on a month to come or before the file.
func (s *Service) Read(ctx context.Context, person core.ID, month core.Month) (Month, error) {
	return s.month(ctx, person, month, func(db.Querier, core.ID) (journal.Event, error) {
		return journal.Event{Kind: "lines.read"}, nil
	})
}

// Paper is what a printed month bears: whoever holds it can have it verified.
type Paper struct {
	Code string // bare
	Mark string
}

// Print is Read for a paper: its line bears a code that no other paper has.
func (s *Service) Print(ctx context.Context, person core.ID, month core.Month) (Month, Paper, error) {
	var p Paper
	m, err := s.month(ctx, person, month, func(q db.Querier, org core.ID) (journal.Event, error) {
		var err error
		p.Code, err = s.cases.FreeCode(q, org)
		return journal.Event{Kind: "lines.print", Object: "seen", Code: p.Code}, err
	})
	if err != nil {
		return m, p, err
	}
	err = s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		p.Mark, err = journal.Mark(q, core.ActorFrom(ctx).Org, p.Code)
		return err
	})
	return m, p, err
}

// month reads a month and leaves the line that says so.
func (s *Service) month(ctx context.Context, person core.ID, month core.Month, line func(q db.Querier, org core.ID) (journal.Event, error)) (Month, error) {
	today := s.cases.Today(ctx)
	if month == 0 {
		month = today.CalendarMonth()
	}
	out := Month{Month: month, Last: today.CalendarMonth()}
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.SeenRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		out.First = oldest(o.Humans, today)
		if month > out.Last || month < out.First {
			return journal.Event{}, errs.New(errs.NotFound, "seen.error.month")
		}
		p := &out.Person
		p.ID = person
		if err := q.QueryRow(selectName, o.Org, person).Scan(&p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &p.Title); err != nil {
			return journal.Event{}, fmt.Errorf("whose journal: %w", err)
		}
		out.Days, out.Rule, err = read(q, o, firstOf(month), firstOf(month+1).AddDays(-1))
		if err != nil {
			return journal.Event{}, err
		}
		e, err := line(q, o.Org)
		e.Subjects = o.Humans
		return e, err
	})
	return out, err
}

// Last reads the last day on which somebody else than the person did something
// with their file, within a month: for their own home. The zero Latest when nobody
// did. It leaves no line: the home leaves its own.
func (s *Service) Last(ctx context.Context) (Latest, error) {
	var last Latest
	today := s.cases.Today(ctx)
	person := core.ActorFrom(ctx).ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.cases.Allow(ctx, q, access.SeenRead, &person)
		if err != nil {
			return err
		}
		days, _, err := read(q, o, today.AddDays(-homeDays), today)
		for _, d := range days {
			for _, l := range d.Lines {
				if l.Who == Named || l.Who == Worker {
					last = Latest{Date: d.Date, Line: l}
					return err
				}
			}
		}
		return err
	})
	return last, err
}

const homeDays = 31

func firstOf(m core.Month) core.Date {
	return core.Date{Year: int(m) / 12, Month: time.Month(int(m)%12 + 1), Day: 1}
}

// oldest is the month in which the first of the files was made, which its id tells;
// two years back when it does not.
func oldest(files []core.ID, today core.Date) core.Month {
	first := today.CalendarMonth()
	for _, id := range files {
		made, ok := madeAt(id)
		if !ok {
			return today.CalendarMonth() - 24
		}
		first = min(first, core.DateOf(made.AddDate(0, 0, -1)).CalendarMonth())
	}
	return first
}

// madeAt is the instant that an id of version 7 holds (RFC 9562, 5.7).
func madeAt(id core.ID) (time.Time, bool) {
	if len(id) != 36 || id[14] != '7' {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(string(id[:8]+id[9:13]), 16, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

// read gathers the lines about some files between two days.
func read(q db.Querier, o casefile.Opened, from, until core.Date) ([]Day, Rule, error) {
	naming, err := loadNaming(q, o.Org)
	if err != nil {
		return nil, "", err
	}
	var all []journal.Entry
	for _, human := range o.Humans {
		some, err := journal.ForPerson(q, o.Org, human, from, until)
		if err != nil {
			return nil, "", err
		}
		all = append(all, some...)
	}
	newestFirst(all)
	all = slices.CompactFunc(all, func(a, b journal.Entry) bool { return a.Tree == b.Tree && a.Seq == b.Seq })
	g := grouping{naming: naming, humans: o.Humans, teams: map[core.ID]string{}}
	var who []core.ID
	for _, e := range all {
		if e.ActorKind.Member() {
			who = append(who, e.Actor.ID)
		}
	}
	slices.Sort(who)
	if g.workers, err = access.Workers(q, o.Org, slices.Compact(who)...); err != nil {
		return nil, "", fmt.Errorf("who they are: %w", err)
	}
	teams, err := access.Teams(q, o.Org)
	if err != nil {
		return nil, "", fmt.Errorf("names of teams: %w", err)
	}
	for _, t := range teams {
		g.teams[t.ID] = t.Name
	}
	for _, c := range o.Cases {
		g.ours = append(g.ours, c.Team)
		if c.Referent != "" {
			g.referents = append(g.referents, c.Referent)
		}
	}
	return g.days(all), naming.Rule, nil
}

func newestFirst(all []journal.Entry) {
	slices.SortFunc(all, func(a, b journal.Entry) int {
		if c := strings.Compare(b.Day.String(), a.Day.String()); c != 0 {
			return c
		}
		if c := strings.Compare(string(b.Tree), string(a.Tree)); c != 0 {
			return c
		}
		return int(b.Seq - a.Seq)
	})
}
