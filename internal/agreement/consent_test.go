package agreement_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// world is casetest's, with agreements and a file to share.
type world struct {
	*casetest.World
	agreed *agreement.Service
	mia    core.ID
}

// at is the same world at another instant.
func (w *world) at(now time.Time) *agreement.Service {
	w.T.Helper()
	s, err := agreement.New(w.At(fixed(now)), make([]byte, 32))
	must(w.T, err)
	return s
}

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	must(t, i18n.Load())
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})}
		w.agreed = w.at(dbtest.Clock().Now())
		w.mia = w.Person("Mia", "Haddad", "1992-02-03")
		_, err := w.SaveFacts(w.Claire, w.mia, []casefile.FactInput{{Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: w.mia}, Variable: "salaire_net",
			State: casefile.Known, Value: "940", Source: casefile.SourceSaid, From: core.PartialDate{Year: 2026, Month: 1}}})
		must(t, err)
		fn(t, w)
		report, err := w.Journal.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("journal: %v %v", report.Faults, err)
		}
	})
}

// person is somebody signed in to their own file.
func (w *world) person(id core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
}

func (w *world) input() agreement.Input {
	return agreement.Input{Team: w.TeamB, Purpose: "chercher un logement", Categories: []access.Category{access.Situation}, From: casetest.Today(),
		Until: casetest.Today().AddDays(30), Lang: "fr", Read: agreement.ReadAloud, Signed: agreement.SignTyped, Mark: "Mia Haddad"}
}

func kind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want kind %v", what, err, want)
	}
}

func fieldsOf(err error) []string {
	var all errs.Fields
	var out []string
	if errors.As(err, &all) {
		for _, e := range all {
			out = append(out, e.Field)
		}
	}
	return out
}

// A partner sees the shared categories under a live agreement, and nothing before,
// after, beside, nor once it is taken back.
func TestAPartnerSeesWhatIsSharedAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.input()
		in.From = casetest.Today().AddDays(1)
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		_, err = w.agreed.Read(w.Karim, id)
		kind(t, "before its first day", err, errs.NotFound)
		tomorrow := w.at(dbtest.Clock().Now().AddDate(0, 0, 1))
		s, err := tomorrow.Read(w.Karim, id)
		must(t, err)
		if !slices.Equal(s.Categories, []access.Category{access.Situation}) || len(s.Dossier.Facts) != 1 || s.Copy {
			t.Errorf("shared %v, %d facts, copy %v", s.Categories, len(s.Dossier.Facts), s.Copy)
		}
		if d := s.Dossier; !d.Person.Birth.IsZero() || d.Person.Phone != "" || len(d.People) > 0 || len(d.Months) > 0 || len(d.Plan.Goals) > 0 || d.Parts != nil {
			t.Errorf("more than what was shared: %+v", d)
		}
		if _, err := w.OpenFile(w.Karim, w.mia, 0); err == nil {
			t.Error("the whole file opens to the partner")
		}
		_, err = tomorrow.Copy(w.Karim, id)
		kind(t, "a copy that was not agreed to", err, errs.NotFound)
		_, err = w.at(dbtest.Clock().Now().AddDate(0, 0, 32)).Read(w.Karim, id)
		kind(t, "after its last day", err, errs.NotFound)
		other, _ := w.Worker("lea", "Léa Morin", w.TeamA)
		_, err = tomorrow.Read(other, id)
		must(t, err) // her team accompanies: the preview
		must(t, w.agreed.Revoke(w.Claire, w.mia, id))
		must(t, w.agreed.Revoke(w.Claire, w.mia, id)) // twice is once
		_, err = tomorrow.Read(w.Karim, id)
		kind(t, "once taken back", err, errs.NotFound)
		_, err = tomorrow.Read(w.Nobody, id)
		kind(t, "nobody", err, errs.NotFound)
	})
}

// The preview reads the same rows through the same filter as the partner.
func TestThePreviewIsWhatThePartnerSees(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.input()
		in.Categories = []access.Category{access.Identity, access.Household, access.Rights, access.Plan}
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		before, err := w.agreed.Preview(w.Claire, w.mia, in.Categories)
		must(t, err)
		after, err := w.agreed.Read(w.Karim, id)
		must(t, err)
		before.Dossier.Made, after.Dossier.Made = 0, 0
		if !slices.Equal(before.Categories, after.Categories) || before.Dossier.Person.Birth != after.Dossier.Person.Birth ||
			len(before.Dossier.Months) != len(after.Dossier.Months) || len(before.Dossier.Facts) != len(after.Dossier.Facts) || len(after.Dossier.Facts) != 0 {
			t.Errorf("preview %+v\nreading %+v", before, after)
		}
		_, err = w.agreed.Preview(w.Karim, w.mia, in.Categories)
		kind(t, "the partner asks for the preview", err, errs.NotFound)
	})
}

// The line of the journal names the agreement, and says why to the person.
func TestTheJournalSaysOnWhoseAgreement(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.agreed.Give(w.Claire, w.mia, w.input())
		must(t, err)
		_, err = w.agreed.Read(w.Karim, id)
		must(t, err)
		must(t, w.DB.Read(t.Context(), func(q db.Querier) error {
			lines, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, w.mia, casetest.Today(), casetest.Today())
			must(t, err)
			for _, l := range lines {
				if l.Kind == "shared.read" {
					if l.Reason != "chercher un logement" || l.Policy() != "consented" || l.Detail["agreement"] != string(id) {
						t.Errorf("%+v", l)
					}
					return nil
				}
			}
			t.Error("no line of the reading")
			return nil
		}))
	})
}

// The person takes their agreement back from their own space; nobody else's.
func TestThePersonTakesItBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.agreed.Give(w.Claire, w.mia, w.input())
		must(t, err)
		noe := w.Person("Noé", "Sow", "1988-01-01")
		kind(t, "somebody else", w.agreed.Revoke(w.person(noe), noe, id), errs.NotFound)
		kind(t, "the partner", w.agreed.Revoke(w.Karim, w.mia, id), errs.Forbidden)
		list, err := w.agreed.List(w.person(w.mia), w.mia)
		must(t, err)
		if len(list.Consents) != 1 || list.Consents[0].State(casetest.Today()) != agreement.Live || len(list.Partners) > 0 {
			t.Errorf("her list: %+v", list)
		}
		must(t, w.agreed.Revoke(w.person(w.mia), w.mia, id))
		list, err = w.agreed.List(w.Claire, w.mia)
		must(t, err)
		if c := list.Consents[0]; c.State(casetest.Today()) != agreement.Revoked || c.EndedBy != core.ActorPerson {
			t.Errorf("%+v", c)
		}
	})
}

func TestBadAgreements(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*agreement.Input)
			field  string
		}{
			"nobody to share with":  {func(in *agreement.Input) { in.Team = "" }, "to"},
			"a team and a relative": {func(in *agreement.Input) { in.Relative = "x" }, "to"},
			"the team that has it":  {func(in *agreement.Input) { in.Team = w.TeamA }, "to"},
			"a team of nowhere":     {func(in *agreement.Input) { in.Team = "00000000-0000-7000-8000-000000000000" }, "to"},
			"no purpose":            {func(in *agreement.Input) { in.Purpose = " " }, "purpose"},
			"two lines of purpose":  {func(in *agreement.Input) { in.Purpose = "un\ndeux" }, "purpose"},
			"nothing shared":        {func(in *agreement.Input) { in.Categories = nil }, "what"},
			"notes":                 {func(in *agreement.Input) { in.Categories = []access.Category{"notes"} }, "what"},
			"yesterday":             {func(in *agreement.Input) { in.From = casetest.Today().AddDays(-1) }, "from"},
			"no last day":           {func(in *agreement.Input) { in.Until = core.Date{} }, "until"},
			"a last day before": {func(in *agreement.Input) {
				in.From, in.Until = casetest.Today().AddDays(9), casetest.Today().AddDays(8)
			}, "until"},
			"two years":               {func(in *agreement.Input) { in.Until = casetest.Today().AddDays(730) }, "until"},
			"a language of nobody":    {func(in *agreement.Input) { in.Lang = "xx" }, "lang"},
			"not read":                {func(in *agreement.Input) { in.Read = "" }, "read"},
			"not signed":              {func(in *agreement.Input) { in.Signed = "" }, "signed"},
			"an empty name":           {func(in *agreement.Input) { in.Mark = "" }, "mark"},
			"a drawing that is none":  {func(in *agreement.Input) { in.Signed, in.Mark = agreement.SignDrawn, "M1 1L2 2" }, "mark"},
			"a drawing with a script": {func(in *agreement.Input) { in.Signed, in.Mark = agreement.SignDrawn, `M1 1L2 2L3 3L4 4"/><script>` }, "mark"},
		} {
			t.Run(name, func(t *testing.T) {
				in := w.input()
				c.change(&in)
				if _, err := w.agreed.Give(w.Claire, w.mia, in); !slices.Contains(fieldsOf(err), c.field) {
					t.Errorf("%v, want field %s", err, c.field)
				}
			})
		}
		drawn := w.input()
		drawn.Signed, drawn.Mark = agreement.SignDrawn, "M10 20L30 40L50 60L70 80"
		_, err := w.agreed.Give(w.Claire, w.mia, drawn)
		must(t, err)
		if _, err := w.agreed.Give(w.Claire, w.mia, w.input()); !slices.Contains(fieldsOf(err), "from") {
			t.Errorf("overlapping: %v", err)
		}
		next := w.input()
		next.From, next.Until = casetest.Today().AddDays(31), casetest.Today().AddDays(60)
		_, err = w.agreed.Give(w.Claire, w.mia, next)
		must(t, err)
		_, err = w.agreed.Give(w.Karim, w.mia, w.input())
		kind(t, "a team that does not accompany", err, errs.Forbidden)
	})
}

// Somebody close reads what they were given, from their own space; when it stops,
// nothing.
func TestARelativeReadsWhatTheyWereGiven(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noe := w.Person("Noé", "Haddad", "1966-01-01")
		in := w.input()
		in.Team, in.Relative, in.Categories = "", noe, []access.Category{access.Plan}
		if _, err := w.agreed.Give(w.Claire, w.mia, in); !slices.Contains(fieldsOf(err), "to") {
			t.Errorf("somebody who is not of the family: %v", err)
		}
		_, err := w.AddToHousehold(w.Claire, w.mia, casefile.HouseholdInput{Person: noe, LivesIn: true, Relation: casefile.RelationParent, From: casetest.Today().AddDays(-30)})
		must(t, err)
		mia, err := w.Service.Person(w.Claire, w.mia)
		must(t, err)
		mia.Address.Protected = true
		must(t, w.UpdatePerson(w.Claire, mia))
		if _, err := w.agreed.Give(w.Claire, w.mia, in); !slices.Contains(fieldsOf(err), "insiste") {
			t.Errorf("somebody close, with a protected address: %v", err)
		}
		in.Insists = true
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		given, err := w.agreed.GivenToMe(w.person(noe))
		must(t, err)
		if len(given.Consents) != 1 {
			t.Errorf("given to him: %+v", given.Consents)
		}
		s, err := w.agreed.Read(w.person(noe), id)
		must(t, err)
		if len(s.Dossier.Facts) > 0 || !slices.Equal(s.Categories, []access.Category{access.Plan}) {
			t.Errorf("he reads %v", s.Categories)
		}
		stranger := w.Person("Ana", "Roux", "1990-01-01")
		_, err = w.agreed.Read(w.person(stranger), id)
		kind(t, "another person", err, errs.NotFound)
		_, err = w.agreed.Read(w.Karim, id)
		kind(t, "a worker of another team", err, errs.NotFound)
		must(t, w.agreed.Revoke(w.person(w.mia), w.mia, id))
		_, err = w.agreed.Read(w.person(noe), id)
		kind(t, "once taken back", err, errs.NotFound)
	})
}

// The list of what is shared shows today's agreements of the worker's teams alone, and
// Today speaks of those that end soon to who wrote them down.
func TestListsOfAgreements(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.input()
		in.Until = casetest.Today().AddDays(10)
		id, err := w.agreed.Give(w.Claire, w.mia, in)
		must(t, err)
		later := w.Person("Ana", "Roux", "1990-01-01")
		in.From, in.Until = casetest.Today().AddDays(3), casetest.Today().AddDays(200)
		_, err = w.agreed.Give(w.Claire, later, in)
		must(t, err)
		ours, err := w.agreed.Ours(w.Karim, "")
		must(t, err)
		if len(ours.Consents) != 1 || ours.Consents[0].ID != id || ours.Persons[w.mia].UsualName != "Haddad" {
			t.Errorf("Karim's list: %+v", ours.Consents)
		}
		mine, err := w.agreed.Ours(w.Claire, "")
		must(t, err)
		if len(mine.Consents) > 0 {
			t.Errorf("Claire's list: %+v", mine.Consents)
		}
		if soon, err := w.agreed.EndingSoon(w.Claire); err != nil || len(soon.Consents) > 0 {
			t.Errorf("ten days spoken of on the first: %+v, %v", soon.Consents, err)
		}
		soon, err := w.at(dbtest.Clock().Now().AddDate(0, 0, 8)).EndingSoon(w.Claire)
		must(t, err)
		if len(soon.Consents) != 1 || soon.Consents[0].ID != id {
			t.Errorf("ending soon: %+v", soon.Consents)
		}
		must(t, w.agreed.Revoke(w.Claire, w.mia, id))
		ours, err = w.agreed.Ours(w.Karim, "")
		must(t, err)
		if len(ours.Consents) > 0 {
			t.Errorf("still listed: %+v", ours.Consents)
		}
	})
}
