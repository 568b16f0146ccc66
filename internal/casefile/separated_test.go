package casefile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
	"codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// apart is a world where couples part; the rooms beside the files are there too.
type apart struct {
	*world
	notes  *note.Service
	says   *contest.Service
	talks  *talk.Service
	prints *printout.Service
	follow *caseload.Service
	ahead  *outlook.Service
	seen   *seen.Service
	n      int // of words made so far
}

// ex is one of two who were a couple: their file, who lives with them since, and words
// that are only theirs.
type ex struct {
	id    core.ID
	home  []core.ID
	words map[string]string // where it was written -> the word
}

// word makes a word that stands nowhere else.
func (a *apart) word(e *ex, what string) string {
	a.n++
	letter := func(r rune) rune { // a name has no figure
		if '0' <= r && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}
	w := strings.Map(letter, fmt.Sprintf("seul%s%05dfin", what, a.n))
	e.words[what] = w
	return w
}

// TestNothingOfOneReachesTheOther draws couples, with or without children, together or
// parted on any day and in any way, who live with somebody else since. Nothing of one —
// what was said, who lives there, what is planned, noted, decided, put aside, printed —
// is read from the other's file or space, and nothing done in one file leaves a line in
// the other's journal: what tells other programs (webhooks) goes by the same lines.
func TestNothingOfOneReachesTheOther(t *testing.T) {
	w := newWorld(t, dbtest.OpenSQLite(t, db.Config{Clock: dbtest.Clock()}))
	a := &apart{world: w, says: contest.New(w.Service), prints: printout.New(w.Service), ahead: outlook.New(w.Service), seen: seen.New(w.Service, nil)}
	var err error
	a.notes, err = note.New(w.Service)
	must(t, err)
	a.talks, err = talk.New(w.Service, nil)
	must(t, err)
	a.follow, err = caseload.New(w.Service)
	must(t, err)
	rapid.Check(t, func(t *rapid.T) {
		one, other := a.couple(t)
		for _, pair := range [][2]*ex{{one, other}, {other, one}} {
			before := a.lines(pair[1].id)
			a.live(t, pair[0])
			if got := a.lines(pair[1].id); got != before {
				t.Errorf("what is done in one file leaves %d lines in the other's journal", got-before)
			}
		}
		a.run(t)
		for _, pair := range [][2]*ex{{one, other}, {other, one}} {
			a.reads(t, pair[0], pair[1])
		}
		check(t, w.db.Tx(context.Background(), func(tx *db.Tx) error { // runs go over the next couple alone
			_, err := tx.Exec(`UPDATE casefile SET phase = 'archive'`)
			return err
		}))
	})
}

func check(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// couple draws two files that were one home, and how they parted.
func (a *apart) couple(t *rapid.T) (one, other *ex) {
	day := func(name string, from, to int) core.Date {
		return core.DateOf(time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, (to-from)*365).Draw(t, name)))
	}
	made := [2]*ex{{words: map[string]string{}}, {words: map[string]string{}}}
	for i, e := range made {
		var err error
		e.id, err = a.CreatePerson(a.claire, casefile.NewPerson{Team: a.teamA, SeenDuplicates: true,
			Identity: casefile.Identity{GivenNames: []string{"Samira", "Karim"}[i], UsualName: "Haddad", Birth: core.PartialDate{Year: 1980 + i}},
			Contact: casefile.Contact{Hours: a.word(e, "heures"), Address: casefile.Address{Lines: []string{a.word(e, "rue")}, Postcode: "79000", City: "Niort",
				Protected: rapid.Bool().Draw(t, "protected")}}})
		check(t, err)
	}
	one, other = made[0], made[1]
	together, parted := day("together", 2010, 2018), day("parted", 2019, 2026)
	lived := rapid.Bool().Draw(t, "lived together")
	in := casefile.HouseholdInput{Person: other.id, LivesIn: lived, Relation: casefile.RelationPartner, Couple: casefile.Cohabiting, Since: together}
	if lived {
		in.From = together
	}
	gesture := rapid.IntRange(0, 2).Draw(t, "how they part") // 0: said at once, 1: they move, 2: the other moves
	if gesture == 0 {
		in.Apart = parted
		if lived {
			in.Until = parted
		}
	}
	_, err := a.AddToHousehold(a.claire, one.id, in)
	check(t, err)
	var children []core.ID
	for i := range rapid.IntRange(0, 3).Draw(t, "children") {
		child := casefile.HouseholdInput{LivesIn: rapid.Bool().Draw(t, "child lives in"), Relation: casefile.RelationChild,
			Identity: casefile.Identity{GivenNames: "Enfant", UsualName: "Haddad", Birth: core.PartialDate{Year: 2011 + i}}}
		if gesture != 0 && rapid.Bool().Draw(t, "of both") {
			child.OtherParent = other.id
		}
		id, err := a.AddToHousehold(a.claire, one.id, child)
		check(t, err)
		if child.LivesIn {
			children = append(children, id)
		}
	}
	if gesture != 0 {
		view, err := a.Household(a.claire, one.id, core.Date{})
		check(t, err)
		i := slices.IndexFunc(view.Kin, func(k casefile.Kinship) bool { return k.Kind == casefile.Couple })
		check(t, a.EndCouple(a.claire, one.id, view.Kin[i].ID, view.Kin[i].Version, parted))
		mover := []*ex{one, other}[gesture-1]
		var with []core.ID
		for _, c := range children {
			if (lived || mover == one) && rapid.Bool().Draw(t, "goes along") {
				with = append(with, c)
			}
		}
		if lived || mover == one {
			_, err = a.MoveHome(a.claire, mover.id, with, parted)
			check(t, err)
		}
	}
	// Each goes on with somebody: a name that the other's file has no business with.
	for _, e := range made {
		n := rapid.IntRange(0, 2).Draw(t, "new people")
		for range n {
			kin := casefile.HouseholdInput{LivesIn: true, From: parted.AddDays(1 + rapid.IntRange(0, 200).Draw(t, "days after")), Relation: casefile.RelationNone,
				Identity: casefile.Identity{GivenNames: a.word(e, "avec"+fmt.Sprint(len(e.home))), UsualName: a.word(e, "nom"+fmt.Sprint(len(e.home)))}}
			switch rapid.IntRange(0, 2).Draw(t, "who") {
			case 0:
				if len(e.home) == 0 {
					kin.Relation, kin.Couple, kin.Since = casefile.RelationPartner, casefile.Married, parted.AddDays(1)
				}
			case 1:
				kin.Relation, kin.Identity.Birth = casefile.RelationChild, core.PartialDate{Year: 2024}
			}
			id, err := a.AddToHousehold(a.claire, e.id, kin)
			check(t, err)
			e.home = append(e.home, id)
		}
	}
	return one, other
}

// live writes in every room of somebody's file, by a worker and by themselves.
func (a *apart) live(t *rapid.T, e *ex) {
	self := a.self(e.id)
	view, err := a.Household(a.claire, e.id, core.Date{})
	check(t, err)
	subjects := []casefile.Subject{{Kind: casefile.AboutPerson, ID: e.id}}
	if view.ID != "" {
		subjects = append(subjects, casefile.Subject{Kind: casefile.AboutDwelling, ID: view.ID})
	}
	for id := range view.Humans { // what one says of a child, of the other too
		if id != e.id {
			subjects = append(subjects, casefile.Subject{Kind: casefile.AboutPerson, ID: id})
		}
	}
	slices.SortFunc(subjects, func(x, y casefile.Subject) int { return strings.Compare(string(x.ID), string(y.ID)) })
	from := core.PartialDate{Year: 2026, Month: rapid.IntRange(1, 6).Draw(t, "month")}
	for i, s := range subjects {
		variable, value := "nationalite", a.word(e, "fait"+fmt.Sprint(i))
		if s.Kind == casefile.AboutDwelling {
			variable, value = "loyer", "500"
		}
		_, err := a.SaveFacts(a.claire, e.id, []casefile.FactInput{{Subject: s, Variable: variable, Value: value, State: casefile.Known, Source: casefile.SourceDocument,
			Detail: a.word(e, "piece"+fmt.Sprint(i)), From: from}})
		check(t, err)
	}
	_, err = a.plans.AddExpectation(a.claire, e.id, plan.ExpectationInput{Words: a.word(e, "attente")})
	check(t, err)
	goal, err := a.plans.AddGoal(a.claire, e.id, plan.GoalInput{Title: a.word(e, "projet")})
	check(t, err)
	step, err := a.plans.AddStep(a.claire, e.id, plan.StepInput{Goal: goal, Title: a.word(e, "demarche"), Detail: a.word(e, "detail"), Who: casefile.Together, DueOn: today().AddDays(3),
		Papers: []casefile.StepPaper{{Name: a.word(e, "papier"), RequiredBy: "CAF"}}})
	check(t, err)
	check(t, a.plans.MoveStep(a.claire, e.id, step, plan.StepMove{State: casefile.StepWaiting, Outcome: a.word(e, "suite"), Version: 1}))
	_, err = a.plans.LogExchange(a.claire, e.id, plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: a.word(e, "appel"), Says: a.word(e, "reponse")})
	check(t, err)
	_, err = a.Decide(a.claire, e.id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim, Detail: a.word(e, "decision")})
	check(t, err)
	for _, to := range []note.Visibility{note.ForTeam, note.ForPerson} {
		_, err = a.notes.Write(a.claire, e.id, note.Input{Kind: note.Visit, Visibility: to, On: today(), Text: a.word(e, "note"+string(to))})
		check(t, err)
	}
	_, err = a.notes.AddStatement(a.claire, e.id, note.StatementInput{Words: a.word(e, "dicte"), On: today(), Reread: casefile.RereadAloud})
	check(t, err)
	_, err = a.notes.AddStatement(self, e.id, note.StatementInput{Words: a.word(e, "ecrit")})
	check(t, err)
	own, _, err := a.OwnSituation(self)
	check(t, err)
	if len(own.Facts) > 0 {
		_, err = a.says.Say(self, own.Facts[0].ID, a.word(e, "conteste"))
		check(t, err)
	}
	follow, err := a.follow.Read(a.claire, e.id)
	check(t, err)
	_, err = a.follow.Propose(a.claire, e.id, caseload.TransferInput{Case: follow.Cases[0].ID, ToTeam: a.teamB, Reason: a.word(e, "relais"), Words: a.word(e, "avis"), Choice: caseload.AllSteps})
	check(t, err)
	check(t, a.talks.Tell(a.claire, e.id, talk.TellInput{How: talk.Aloud}))
	check(t, a.Recompute(a.claire, e.id, 0))
	check(t, a.ahead.Compute(a.claire, e.id))
}

// run looks at the rights of everybody, and puts one aside with a word.
func (a *apart) run(t *rapid.T) {
	_, err := a.talks.Demand(a.claire, talk.Over{Team: a.teamA})
	check(t, err)
	jobs := db.NewRunner(a.db)
	jobs.Handle(talk.Job, a.talks.Run)
	check(t, jobs.Drain(context.Background()))
}

// reads reads all that is shown of one, to a worker and to themselves, and looks for
// words of the other.
func (a *apart) reads(t *rapid.T, one, other *ex) {
	_, err := a.talks.SetAside(a.claire, one.id, talk.PauseInput{Right: "aide_logement", Reason: talk.Other, Detail: a.word(one, "cote")})
	check(t, err)
	paper, err := a.prints.Make(a.claire, one.id, casefile.SheetOfPlan)
	check(t, err)
	self, parts := a.self(one.id), a.notes.Exporters()
	list := func(ctx context.Context, f talk.Filter) (any, error) { // of this file alone
		after := ""
		var mine []talk.Person
		for {
			page, err := a.talks.List(ctx, f, after, 100)
			for _, p := range page.Items {
				if p.ID == one.id {
					mine = append(mine, p)
				}
			}
			if after = page.Next; err != nil || after == "" {
				return mine, err
			}
		}
	}
	whole := ""
	look := func(name string, read func() (any, error)) {
		got, err := read()
		if err != nil && !errs.Is(err, errs.NotFound) {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := json.Marshal(got)
		check(t, err)
		whole += string(b)
		for where, word := range other.words {
			if strings.Contains(string(b), word) {
				t.Errorf("%s says %s of the other: %s", name, where, word)
			}
		}
	}
	look("talk", func() (any, error) { return list(a.claire, talk.Filter{}) }) // a list names both: each has its line
	look("put aside", func() (any, error) { return list(a.claire, talk.Filter{Paused: true}) })
	before := a.lines(other.id)
	for name, read := range map[string]func() (any, error){
		"file": func() (any, error) {
			var page note.Page
			f, err := a.OpenFile(a.claire, one.id, 0, a.notes.Latest(&page))
			return []any{f, page}, err
		},
		"last year": func() (any, error) { return a.OpenFile(a.claire, one.id, a.ThisMonth(a.claire)-12) },
		"household": func() (any, error) { return a.Household(a.claire, one.id, core.Date{}) },
		"plan":      func() (any, error) { return a.plans.Read(a.claire, one.id) },
		"copy":      func() (any, error) { return a.Export(a.claire, one.id, parts...) },
		"own copy":  func() (any, error) { return a.Export(self, one.id, parts...) },
		"shared by agreement": func() (d any, err error) { // what an agreement gives is cut from this
			return d, a.db.Read(context.Background(), func(q db.Querier) error {
				id := one.id
				o, err := a.Allow(a.claire, q, access.SharedRead, &id)
				if err == nil {
					d, err = a.SharedCopy(q, o, id, today())
				}
				return err
			})
		},
		"own rights": func() (any, error) { return a.OpenOwn(self, 0) },
		"own plan":   func() (any, error) { return a.plans.ReadOwn(self) },
		"own situation": func() (any, error) {
			f, more, err := a.OwnSituation(self)
			return []any{f, more}, err
		},
		"own notes":    func() (any, error) { return a.notes.List(self, one.id, note.Filter{}, "", 50) },
		"own words":    func() (any, error) { return a.notes.ListWords(self, one.id, "", "", 50) },
		"own contests": func() (any, error) { return a.says.Own(self) },
		"own follow":   func() (any, error) { return a.follow.ReadOwn(self) },
		"own notice":   func() (any, error) { return a.talks.ReadOwn(self) },
		"own months":   func() (any, error) { return a.ahead.Read(self, one.id) },
		"own journal":  func() (any, error) { return a.seen.Read(self, one.id, 0) },
		"journal":      func() (any, error) { return a.seen.Read(a.claire, one.id, 0) },
		"notes":        func() (any, error) { return a.notes.List(a.claire, one.id, note.Filter{}, "", 50) },
		"words":        func() (any, error) { return a.notes.ListWords(a.claire, one.id, "", "", 50) },
		"contests":     func() (any, error) { return a.says.OfFile(a.claire, one.id) },
		"follow":       func() (any, error) { return a.follow.Read(a.claire, one.id) },
		"notice":       func() (any, error) { return a.talks.ReadNotice(a.claire, one.id) },
		"months":       func() (any, error) { return a.ahead.Read(a.claire, one.id) },
		"stored":       func() (any, error) { return a.StoredRights(a.claire, one.id, 0) },
		"why":          func() (any, error) { return a.Explain(a.claire, one.id, "af", 0) },
		"decided":      func() (any, error) { return a.Decisions(a.claire, one.id, "af") },
		"printed":      func() (any, error) { return a.prints.Open(a.claire, paper.Code) },
		"question": func() (any, error) {
			q, _, err := a.NextQuestion(a.claire, one.id)
			return q, err
		},
		"timeline": func() (any, error) {
			facts, _, err := a.Timeline(a.claire, one.id, "", 50)
			return facts, err
		},
	} {
		look(name, read)
	}
	if got := a.lines(other.id); got != before {
		t.Errorf("reading one file leaves %d lines in the other's journal", got-before)
	}
	for _, where := range []string{"projet", "suite", "conteste", "cote", "ecrit", "decision"} {
		if word := one.words[where]; word != "" && !strings.Contains(whole, word) {
			t.Errorf("their own %s is read nowhere: this test proves nothing", where)
		}
	}
}
