package retention_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/civil"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is the small world, two years and a month later as far as durations go.
type world struct {
	*casetest.World
	t     *testing.T
	later *retention.Service // 25 months later
	old   *retention.Service // ten years later
	admin context.Context
	org   core.ID
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}), t: t}
		w.org = core.ActorFrom(w.Claire).Org
		w.admin = core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: w.org})
		w.later, w.old = w.in(25), w.in(120)
		fn(t, w)
	})
}

// in is the service so many months later.
func (w *world) in(months int) *retention.Service {
	w.t.Helper()
	s, err := retention.New(w.At(clock.Fixed(dbtest.Clock().Now().AddDate(0, months, 0))), w.Journal)
	must(w.t, err)
	return s
}

func (w *world) choose(public bool, circle ...core.ID) {
	w.t.Helper()
	must(w.t, w.later.Choose(w.admin, retention.Settings{Rule: retention.Rule{ActiveMonths: 24, ArchiveMonths: 36, PublicBody: public, Basis: "Référentiel CNIL social"}, Circle: circle}))
}

func (w *world) shelve(s *retention.Service) int {
	w.t.Helper()
	n, err := s.Shelve(w.admin)
	must(w.t, err)
	return n
}

func (w *world) finds(text string) bool {
	w.t.Helper()
	page, err := w.Search(w.Claire, text, "", 20)
	must(w.t, err)
	return len(page.Items) > 0
}

func kind(err error) errs.Kind {
	for _, k := range []errs.Kind{errs.Invalid, errs.NotFound, errs.Conflict, errs.Forbidden} {
		if errs.Is(err, k) {
			return k
		}
	}
	return 0
}

// TestFilesLeaveAndComeBack: nothing moves until durations are chosen; then the files of
// those who did not come go, those of who came in any way stay, and one gesture brings a
// file back as it was.
func TestFilesLeaveAndComeBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		gone := w.Person("Amel", "Bensaïd", "1980-02-03")
		came := w.Person("Paul", "Venu", "1971")
		ended := w.Person("Rosa", "Finie", "1966-01-05")
		if n := w.shelve(w.later); n != 0 {
			t.Fatalf("%d files moved without durations", n)
		}
		w.choose(false, w.ClaireID)
		notes, err := note.New(w.At(clock.Fixed(dbtest.Clock().Now().AddDate(0, 20, 0))))
		must(t, err)
		_, err = notes.Write(w.Claire, came, note.Input{Kind: note.Counter, Visibility: note.ForTeam, On: core.Date{Year: 2027, Month: 11, Day: 2}, Text: "Il est passé."})
		must(t, err)
		must(t, w.DB.Tx(w.admin, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE casefile SET phase = 'archive', closed_on = '2026-06-11' WHERE person_id = $1`, ended)
			return err
		}))
		if n := w.shelve(w.later); n != 2 {
			t.Fatalf("%d files went, want 2", n)
		}
		if n := w.shelve(w.later); n != 0 {
			t.Errorf("%d files went twice", n)
		}
		if w.finds("bensaid") || !w.finds("venu") {
			t.Error("search finds who is in the archive, or not who came")
		}
		if _, err := w.OpenFile(w.Claire, gone, 0); kind(err) != errs.NotFound {
			t.Errorf("a file of the archive opens: %v", err)
		}
		if _, err := w.OpenFile(w.Claire, came, 0); err != nil {
			t.Error(err)
		}
		if list, err := w.later.LookUp(w.Karim, "Amel Bensaid", core.PartialDate{Year: 1980}, "elle est là"); err != nil || len(list) != 0 {
			t.Errorf("another team learns of the archive: %v, %v", list, err)
		}
		if _, err := w.later.LookUp(w.Claire, "Bensaid", core.PartialDate{}, ""); kind(err) != errs.Invalid {
			t.Errorf("half a name looks the archive up: %v", err)
		}
		list, err := w.later.LookUp(w.Claire, "bensaid AMEL", core.PartialDate{Year: 1980}, "elle est là")
		if err != nil || len(list) != 1 || list[0].Person != gone || !list[0].Readable {
			t.Fatalf("looked up: %+v, %v", list, err)
		}
		if _, err := w.later.Read(w.Claire, gone, " "); kind(err) != errs.Invalid {
			t.Errorf("read without a reason: %v", err)
		}
		if d, err := w.later.Read(w.Claire, gone, "elle demande une attestation"); err != nil || d.Person.UsualName != "Bensaïd" {
			t.Errorf("read: %v", err)
		}
		if err := w.later.Return(w.Karim, gone, "x"); kind(err) != errs.NotFound {
			t.Errorf("another team brings it back: %v", err)
		}
		must(t, w.later.Return(w.Claire, gone, "elle est revenue"))
		must(t, w.later.Return(w.Claire, gone, "elle est revenue"))
		if _, err := w.OpenFile(w.Claire, gone, 0); err != nil || !w.finds("bensaid") {
			t.Errorf("not back: %v", err)
		}
		must(t, w.later.Return(w.Claire, ended, "elle aussi"))
		if _, err := w.OpenFile(w.Claire, ended, 0); kind(err) != errs.NotFound {
			t.Errorf("an accompaniment that had ended is open: %v", err)
		}
	})
}

// TestWhoSignsInIsBack: signing in counts as a contact, and brings the file back.
func TestWhoSignsInIsBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Ida", "Signe", "1990")
		w.choose(false)
		w.shelve(w.later)
		w.Journal.Tell(w.later.Tap)
		must(t, w.DB.Tx(w.admin, func(tx *db.Tx) error {
			return w.Journal.Record(w.admin, tx, journal.Event{Kind: "session.open", Subjects: []core.ID{id}})
		}))
		var jobs int
		must(t, w.DB.Read(w.admin, func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*) FROM job WHERE kind = $1`, retention.JobBack).Scan(&jobs)
		}))
		if jobs != 1 {
			t.Fatalf("%d jobs", jobs)
		}
		must(t, w.later.Back(t.Context(), db.Job{Org: w.org, Args: []core.ID{id}}))
		if _, err := w.OpenFile(w.Claire, id, 0); err != nil {
			t.Error(err)
		}
	})
}

// fill makes a file that has something in most tables, with words that stand nowhere else.
func (w *world) fill(word string) core.ID {
	w.t.Helper()
	id := w.Person("Nora", "Quetzal"+word, "1981-04-05")
	today := casetest.Today()
	_, err := w.SaveFacts(w.Claire, id, []casefile.FactInput{{Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: id}, Variable: "metier", State: casefile.Known, Value: "canari " + word,
		Source: casefile.SourceDocument, Detail: "canari " + word, SeenOn: today}})
	must(w.t, err)
	_, err = plan.New(w.Service).AddExpectation(w.Claire, id, plan.ExpectationInput{Words: "canari " + word, SaidOn: today})
	must(w.t, err)
	goal, err := plan.New(w.Service).AddGoal(w.Claire, id, plan.GoalInput{Title: "canari " + word})
	must(w.t, err)
	_, err = plan.New(w.Service).AddStep(w.Claire, id, plan.StepInput{Goal: goal, Title: "canari " + word, Ways: casefile.Ways{Desk: "au guichet " + word}, Who: casefile.ByWorker, Papers: []casefile.StepPaper{{Name: "canari " + word, RequiredBy: "CASF"}}})
	must(w.t, err)
	_, err = plan.New(w.Service).LogExchange(w.Claire, id, plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: "canari " + word, Says: "canari " + word, On: today})
	must(w.t, err)
	notes, err := note.New(w.Service)
	must(w.t, err)
	_, err = notes.Write(w.Claire, id, note.Input{Kind: note.Visit, Visibility: note.ForTeam, On: today, Text: "canari " + word})
	must(w.t, err)
	_, err = notes.AddStatement(w.Claire, id, note.StatementInput{Words: "canari " + word, On: today, Reread: casefile.RereadAloud})
	must(w.t, err)
	must(w.t, w.Recompute(w.Claire, id, 0))
	p, err := w.Service.Person(w.Claire, id)
	must(w.t, err)
	p.UsualName, p.Phone = "Oropendola"+word, "06 39 98 12 34"
	must(w.t, civil.Change(w.Claire, w.Service, p, civil.Input{Discreet: true}))
	return id
}

// leftovers names each column of each table that holds one of the words.
func (w *world) leftovers(words ...string) []string {
	w.t.Helper()
	var found []string
	for table, columns := range w.columns() {
		list := strings.Join(columns, ", ")
		must(w.t, w.DB.Read(w.admin, func(q db.Querier) error {
			rows, err := q.Query(`SELECT ` + list + ` FROM ` + table)
			return db.Each(rows, err, func(r *db.Rows) error {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := r.Scan(values...); err != nil {
					return err
				}
				for i, v := range values {
					text := fmt.Sprintf("%s", *v.(*any))
					for _, word := range words {
						if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
							found = append(found, table+"."+columns[i]+": "+word)
						}
					}
				}
				return nil
			})
		}))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (w *world) columns() map[string][]string {
	w.t.Helper()
	sql := `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version' ORDER BY m.name, c.cid`
	if w.DB.Dialect() == db.Postgres {
		sql = `SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version' ORDER BY table_name, ordinal_position`
	}
	all := map[string][]string{}
	must(w.t, w.DB.Read(w.admin, func(q db.Querier) error {
		rows, err := q.Query(sql)
		return db.Each(rows, err, func(r *db.Rows) error {
			var table, column string
			err := r.Scan(&table, &column)
			all[table] = append(all[table], column)
			return err
		})
	}))
	return all
}

// carry makes a list, approves it and carries it out.
func (w *world) carry(s *retention.Service) retention.List {
	w.t.Helper()
	id, err := s.Draw(w.admin)
	must(w.t, err)
	l, err := s.Get(w.admin, id)
	must(w.t, err)
	if l.State == retention.Waiting {
		if err := s.Carry(w.admin, id, l.Version); kind(err) != errs.Conflict {
			w.t.Fatalf("carried out without its visa: %v", err)
		}
		must(w.t, s.Approve(w.admin, id, l.Version, retention.Visa{Name: "A. Chartier", Ref: "AD79 2036-12", On: core.Date{Year: 2036, Month: 5, Day: 30}}))
		l.Version++
	}
	must(w.t, s.Carry(w.admin, id, l.Version))
	for range 10 {
		must(w.t, s.Delete(context.Background(), db.Job{Kind: retention.JobDelete, Org: w.org, Args: []core.ID{id}}))
	}
	l, err = s.Get(w.admin, id)
	must(w.t, err)
	return l
}

// TestNothingOfThePersonIsLeft: once a list with its visa is carried out, no column of no
// table holds the person's id, name or words; what a hold keeps stays; the journal still
// proves.
func TestNothingOfThePersonIsLeft(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key, err := journal.NewKey("00112233445566778899aabbccddeeff", []byte(strings.Repeat("k", 32)))
		must(t, err)
		w.Journal.SignWith(key)
		a, kept := w.fill("unique"), w.fill("gardee")
		child, err := w.AddToHousehold(w.Claire, a, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild,
			Identity: casefile.Identity{GivenNames: "Enfantunique", Birth: core.PartialDate{Year: 2019}}})
		must(t, err)
		w.choose(true)
		w.shelve(w.in(60))
		must(t, w.old.SetHold(w.Claire, kept, "appel devant le tribunal administratif", core.Date{Year: 2037, Month: 1, Day: 1}))
		if r, err := w.old.Rehearse(w.admin); err != nil || r.Files != 1 || r.Held != 1 || r.Archive != 0 {
			t.Fatalf("rehearsal: %+v, %v", r, err)
		}
		l := w.carry(w.old)
		if l.State != retention.Done || l.Files != 1 || l.Gone != 1 {
			t.Fatalf("list: %+v", l)
		}
		for _, left := range w.leftovers(string(a), string(child), "unique", "06 39 98 12 34") {
			t.Errorf("left: %s", left)
		}
		if left := w.leftovers(string(kept), "gardee"); len(left) < 10 {
			t.Errorf("what is kept lost its rows: %v", left)
		}
		report, err := w.Journal.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("the journal does not prove any more: %+v, %v", report.Faults, err)
		}
		if _, err := w.old.Draw(w.admin); kind(err) != errs.Invalid {
			t.Errorf("an empty list: %v", err)
		}
	})
}

// TestAnotherFileKeepsTheName: of a couple with a file each, the deletion of one leaves the
// other's file as it was, with the name; the second takes the name with it.
func TestAnotherFileKeepsTheName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.Person("Ana", "Premiere", "1980"), w.Person("Bo", "Second", "1981")
		_, err := w.AddToHousehold(w.Claire, b, casefile.HouseholdInput{Person: a, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married})
		must(t, err)
		w.choose(false)
		w.shelve(w.in(60))
		must(t, w.later.Return(w.Claire, b, "il est là"))
		if l := w.carry(w.old); l.Gone != 1 {
			t.Fatalf("list: %+v", l)
		}
		file, err := w.OpenFile(w.Claire, b, 0)
		must(t, err)
		if h := file.Household.Humans[a]; h.UsualName != "Premiere" {
			t.Errorf("the other's file lost the name: %+v", h)
		}
		must(t, w.DB.Tx(w.admin, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE casefile SET last_contact_from_person_at = 1, opened_on = '2020-01-01' WHERE person_id = $1`, b)
			return err
		}))
		w.shelve(w.old)
		if l := w.carry(w.old); l.Gone != 1 {
			t.Fatalf("list: %+v", l)
		}
		if left := w.leftovers(string(a), string(b), "Premiere", "Second"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestMergedFilesGoTogether: two files that are one leave and go as one.
func TestMergedFilesGoTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.Person("Mina", "Double", "1980"), w.Person("Mina", "Doublee", "1980")
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: a, Other: b, KeepVersion: 1, OtherVersion: 1}))
		w.choose(false)
		if n := w.shelve(w.in(60)); n != 1 {
			t.Errorf("%d files went, want one", n)
		}
		if l := w.carry(w.old); l.Gone != 1 {
			t.Fatalf("list: %+v", l)
		}
		if left := w.leftovers(string(a), string(b), "Double"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestCutShort: a deletion that stops in the middle goes on, and the file does not come
// back in between.
func TestCutShort(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.fill("coupee")
		w.choose(false)
		w.shelve(w.in(60))
		id, err := w.old.Draw(w.admin)
		must(t, err)
		must(t, w.old.Carry(w.admin, id, 1))
		// As a crash after the first transactions leaves it.
		must(t, w.DB.Tx(w.admin, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE retention_item SET state = 'going'`)
			if err == nil {
				_, err = tx.Exec(`DELETE FROM step_paper WHERE file_id = $1`, a)
			}
			return err
		}))
		if err := w.old.Return(w.Claire, a, "elle est là"); kind(err) != errs.Conflict {
			t.Errorf("back in the middle of its deletion: %v", err)
		}
		must(t, w.old.Delete(t.Context(), db.Job{Org: w.org, Args: []core.ID{id}}))
		if left := w.leftovers(string(a), "coupee"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestRefusals: bad input is said by field, and a list is one at a time.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Eva", "Ligne", "1980")
		for _, r := range []retention.Rule{{}, {ActiveMonths: 25, Basis: "x"}, {ActiveMonths: 24, ArchiveMonths: 121, Basis: "x"}, {ActiveMonths: 24, ArchiveMonths: -1, Basis: "x"}, {ActiveMonths: 24, Basis: "\x00"}} {
			if err := w.later.Choose(w.admin, retention.Settings{Rule: r}); kind(err) != errs.Invalid {
				t.Errorf("%+v: %v", r, err)
			}
		}
		if _, err := w.later.Draw(w.admin); kind(err) != errs.Invalid {
			t.Errorf("a list without durations: %v", err)
		}
		if err := w.later.Choose(w.Claire, retention.Settings{Rule: retention.Rule{ActiveMonths: 24, Basis: "x"}}); err == nil {
			t.Error("a worker chooses the durations")
		}
		w.choose(true)
		if err := w.later.Choose(w.admin, retention.Settings{Rule: retention.Rule{ActiveMonths: 24, Basis: "x"}}); kind(err) != errs.Conflict {
			t.Errorf("chosen over somebody else's choice: %v", err)
		}
		for _, until := range []core.Date{{}, {Year: 2020, Month: 1, Day: 1}, {Year: 2060, Month: 1, Day: 1}} {
			if err := w.later.SetHold(w.Claire, id, "un procès", until); kind(err) != errs.Invalid {
				t.Errorf("a hold until %v: %v", until, err)
			}
		}
		if err := w.later.SetHold(w.Karim, id, "un procès", core.Date{Year: 2029, Month: 1, Day: 1}); kind(err) != errs.NotFound {
			t.Errorf("another team keeps a file: %v", err)
		}
		w.shelve(w.in(60))
		list, err := w.old.Draw(w.admin)
		must(t, err)
		if _, err := w.old.Draw(w.admin); kind(err) != errs.Conflict {
			t.Errorf("a second list: %v", err)
		}
		if err := w.old.Approve(w.admin, list, 1, retention.Visa{}); kind(err) != errs.Invalid {
			t.Errorf("an empty visa: %v", err)
		}
		soon, listed, err := w.old.Foresee(w.Claire)
		if err != nil || len(soon) != 0 || len(listed) != 1 || listed[0].Name != "Eva Ligne" {
			t.Errorf("what the team sees: %v %v %v", soon, listed, err)
		}
		if _, listed, err := w.old.Foresee(w.Karim); err != nil || len(listed) != 0 {
			t.Errorf("what another team sees: %v %v", listed, err)
		}
		must(t, w.old.SetHold(w.Claire, id, "un procès", core.Date{Year: 2037, Month: 1, Day: 1}))
		must(t, w.old.Withdraw(w.admin, list, 1))
		if k, err := w.old.Of(w.Claire, id); err != nil || len(k.Holds) != 1 || k.Holds[0].Reason != "un procès" || !k.There {
			t.Errorf("what keeps it: %+v, %v", k, err)
		} else {
			must(t, w.old.LiftHold(w.Claire, id, k.Holds[0].ID))
		}
		if k, err := w.old.Of(w.Claire, id); err != nil || len(k.Holds) != 0 {
			t.Errorf("lifted: %+v, %v", k, err)
		}
	})
}

// ofAPerson are the columns that name somebody who is accompanied.
var ofAPerson = regexp.MustCompile(`^(person|person_id|file_id|alias_id|relative_id|subject_id|human|human_id|holder|child_id|household_id|a|b)$|_person$|person_id$`)

// TestEveryTableOfAPersonGoes: a table that names an accompanied person is deleted with
// them; whoever adds one says how, in purge.go.
func TestEveryTableOfAPersonGoes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		known := retention.Tables()
		for table, columns := range w.columns() {
			for _, c := range columns {
				if ofAPerson.MatchString(c) && !slices.Contains(known, table) {
					t.Errorf("%s.%s names a person: say in purge.go how it goes with them", table, c)
				}
			}
		}
	})
}

// TestMonths: the same day so many months before, the last day of a shorter month.
func TestDaysOfARule(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Fin", "Demois", "1980")
		w.choose(false)
		// Last contact on 11 June 2026; two years later to the day, the file is still there.
		at := func(y int, m time.Month, d int) *retention.Service {
			s, err := retention.New(w.At(clock.Fixed(time.Date(y, m, d, 10, 0, 0, 0, time.UTC))), w.Journal)
			must(t, err)
			return s
		}
		if n := w.shelve(at(2028, 6, 11)); n != 0 {
			t.Error("gone a day too early")
		}
		k, err := at(2028, 6, 11).Of(w.Claire, id)
		if want := (core.Date{Year: 2028, Month: 6, Day: 12}); err != nil || k.Archive != want {
			t.Errorf("goes on %v, want %v: %v", k.Archive, want, err)
		}
		if n := w.shelve(at(2028, 6, 12)); n != 1 {
			t.Error("still there the day after")
		}
	})
}
