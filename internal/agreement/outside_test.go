package agreement_test

import (
	"slices"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const reason = "Elle est au guichet, sa référente est absente"

// An hour with a reason: the file without notes, told to the person, then nothing.
func TestAnHourWithAReason(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, bad := range []string{"", "test", "une raison\x07et un bruit"} {
			if _, err := w.agreed.Ask(w.Karim, w.mia, agreement.WithReason, bad); !slices.Contains(fieldsOf(err), "reason") {
				t.Errorf("%q: %v", bad, err)
			}
		}
		door, err := w.agreed.ReadDoor(w.Karim, w.mia)
		must(t, err)
		if door.Ours || door.Closed || door.Vital || door.TeamName != "Polyvalence" || door.Identity.UsualName != "Haddad" {
			t.Errorf("%+v", door)
		}
		id, err := w.agreed.Ask(w.Karim, w.mia, agreement.WithReason, reason)
		must(t, err)
		s, _, err := w.agreed.ReadOutside(w.Karim, id)
		must(t, err)
		if !slices.Equal(s.Categories, agreement.Categories()) || len(s.Dossier.Facts) != 1 || s.Dossier.Parts != nil {
			t.Errorf("%v, %d facts", s.Categories, len(s.Dossier.Facts))
		}
		if _, err := w.OpenFile(w.Karim, w.mia, 0); err == nil {
			t.Error("the file itself opens")
		}
		lea, _ := w.Worker("lea", "Léa Morin", w.TeamB)
		_, _, err = w.agreed.ReadOutside(lea, id)
		kind(t, "a colleague's hour", err, errs.NotFound)
		_, _, err = w.at(dbtest.Clock().Now().Add(time.Hour)).ReadOutside(w.Karim, id)
		kind(t, "after the hour", err, errs.NotFound)
		_, err = w.agreed.Ask(w.Claire, w.mia, agreement.WithReason, reason)
		kind(t, "their own team", err, errs.Conflict)
		_, err = w.agreed.Ask(w.person(w.mia), w.mia, agreement.WithReason, reason)
		kind(t, "the person", err, errs.Forbidden)
		told := map[string]bool{}
		must(t, w.DB.Read(t.Context(), func(q db.Querier) error {
			lines, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, w.mia, casetest.Today(), casetest.Today())
			for _, l := range lines {
				if l.Reason == reason {
					told[l.Kind] = true
				}
			}
			return err
		}))
		if !told["outside.open"] || !told["outside.read"] {
			t.Errorf("told: %v", told)
		}
		mine, err := w.agreed.List(w.person(w.mia), w.mia)
		must(t, err)
		if len(mine.Outside) != 1 || mine.Outside[0].Reason != reason {
			t.Errorf("her page: %+v", mine.Outside)
		}
	})
}

// A protected address closes the file to a reason alone; an emergency needs the person's
// yes of before, a reason and a second person, and opens what is vital.
func TestAnEmergencyNeedsTheirYesAndASecondPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, err := w.Service.Person(w.Claire, w.mia)
		must(t, err)
		p.Phone, p.Address = "06 39 98 41 22", casefile.Address{Protected: true, Lines: []string{"7, rue des Tanneurs"}, Postcode: "79000", City: "Niort"}
		must(t, w.UpdatePerson(w.Claire, p))
		_, err = w.agreed.Ask(w.Karim, w.mia, agreement.WithReason, reason)
		kind(t, "a reason alone", err, errs.Invalid)
		_, err = w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		kind(t, "off by default", err, errs.Invalid)
		kind(t, "another team says yes for her", w.agreed.ChooseVital(w.Karim, w.mia, true), errs.Forbidden)
		must(t, w.agreed.ChooseVital(w.Claire, w.mia, true))
		must(t, w.agreed.ChooseVital(w.Claire, w.mia, true))
		id, err := w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		must(t, err)
		_, _, err = w.agreed.ReadOutside(w.Karim, id)
		kind(t, "before the second person", err, errs.Conflict)
		kind(t, "oneself", w.agreed.Answer(w.Karim, id, true), errs.NotFound)
		lea, _ := w.Worker("lea", "Léa Morin", w.TeamB)
		list, _, err := w.agreed.WaitingVital(lea)
		must(t, err)
		if len(list) != 1 || list[0].Reason != reason {
			t.Errorf("waiting: %+v", list)
		}
		must(t, w.agreed.Answer(lea, id, true))
		kind(t, "answered twice", w.agreed.Answer(w.Claire, id, false), errs.Conflict)
		s, _, err := w.agreed.ReadOutside(w.Karim, id)
		must(t, err)
		if d := s.Dossier; !slices.Equal(s.Categories, []access.Category{access.Vital}) || d.Person.Phone == "" || len(d.Facts) > 0 || d.Person.Address.City != "" || len(d.Person.Address.Lines) > 0 {
			t.Errorf("%v %+v", s.Categories, d.Person)
		}
		waits, err := w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		must(t, err)
		must(t, w.agreed.ChooseVital(w.person(w.mia), w.mia, false))
		_, _, err = w.agreed.ReadOutside(w.Karim, id)
		kind(t, "an hour that her no ended", err, errs.NotFound)
		kind(t, "a request that her no ended", w.agreed.Answer(lea, waits, true), errs.Conflict)
		mine, err := w.agreed.List(w.person(w.mia), w.mia)
		must(t, err)
		if len(mine.Outside) != 1 || mine.Outside[0].ID != id || mine.Vital {
			t.Errorf("she no longer reads who had opened: %+v", mine)
		}
		must(t, w.agreed.ChooseVital(w.Claire, w.mia, true))
		_, _, err = w.agreed.ReadOutside(w.Karim, id)
		kind(t, "a new yes opens no hour of before", err, errs.NotFound)
		kind(t, "nor a request of before", w.agreed.Answer(lea, waits, true), errs.Conflict)
		must(t, w.agreed.ChooseVital(w.Claire, w.mia, false))
		_, err = w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		kind(t, "she said no again", err, errs.Invalid)
		refused, err := func() (core.ID, error) {
			must(t, w.agreed.ChooseVital(w.Claire, w.mia, true))
			return w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		}()
		must(t, err)
		must(t, w.agreed.Answer(lea, refused, false))
		_, _, err = w.agreed.ReadOutside(w.Karim, refused)
		kind(t, "the second person said no", err, errs.NotFound)
	})
}

// What happens at the door is in the journal of each file that the person is.
func TestAnAnswerIsReadByAMergedFileToo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.agreed.ChooseVital(w.Claire, w.mia, true))
		twin := w.Person("Mia", "Haddad", "1992-02-03")
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: w.mia, Other: twin}))
		id, err := w.agreed.Ask(w.Karim, w.mia, agreement.ForVital, reason)
		must(t, err)
		lea, _ := w.Worker("lea", "Léa Morin", w.TeamB)
		must(t, w.agreed.Answer(lea, id, true))
		for _, person := range []core.ID{w.mia, twin} {
			told := false
			must(t, w.DB.Read(t.Context(), func(q db.Querier) error {
				lines, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, person, casetest.Today(), casetest.Today())
				for _, l := range lines {
					told = told || l.Kind == "outside.second"
				}
				return err
			}))
			if !told {
				t.Errorf("the journal of %s does not say who answered", person)
			}
		}
	})
}
