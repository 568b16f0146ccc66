package agreement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func mandateInput() agreement.MandateInput {
	return agreement.MandateInput{Procedures: []string{"demander la prime d'activité", "écrire à la CPAM"}, Days: 31, From: casetest.Today(), Measure: agreement.MeasureNone,
		Lang: "fr", Read: agreement.ReadAloud, Signed: agreement.SignTyped, Mark: "Mia Haddad"}
}

// A mandate is signed, verified without the installation, and each procedure is taken back
// apart; any byte that changes is seen.
func TestAMandateIsSignedAndTakenBackByProcedure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, err := w.agreed.GiveMandate(w.Claire, w.mia, mandateInput())
		must(t, err)
		all, err := w.agreed.ReadMandates(w.person(w.mia), w.mia)
		must(t, err)
		m := all.List[0]
		if m.ID != id || m.Until != casetest.Today().AddDays(30) || len(m.Procedures) != 2 || !m.Live(casetest.Today()) || m.Live(casetest.Today().AddDays(31)) {
			t.Errorf("%+v", m)
		}
		v, err := agreement.Verify([]byte(m.Document), "")
		must(t, err)
		said := map[string]string{}
		for _, f := range v.Facts {
			said[f.Name] = f.Value
		}
		if said["person"] != "Mia Haddad" || said["procedure_02"] != "écrire à la CPAM" || said["until"] != "2026-07-11" || said["mandatary"] != "CCAS d'essai" {
			t.Errorf("%v", said)
		}
		if _, err := agreement.Verify([]byte(m.Document), v.Key); err != nil {
			t.Error(err)
		}
		if _, err := agreement.Verify([]byte(m.Document), "parvis/agreement:"+strings.Repeat("A", 43)+"="); !errors.Is(err, agreement.ErrSignature) {
			t.Errorf("another key: %v", err)
		}
		for i := range m.Document {
			if i == len(m.Document)-1 {
				break // the last line end says nothing
			}
			b := []byte(m.Document)
			b[i] ^= 1
			if _, err := agreement.Verify(b, v.Key); err == nil {
				t.Fatalf("byte %d changed and nobody saw: %q", i, m.Document[max(0, i-10):i+10])
			}
		}
		must(t, w.agreed.EndProcedure(w.person(w.mia), w.mia, id, 1))
		must(t, w.agreed.EndProcedure(w.Claire, w.mia, id, 1))
		kind(t, "no such procedure", w.agreed.EndProcedure(w.Claire, w.mia, id, 2), errs.NotFound)
		kind(t, "another team", w.agreed.EndProcedure(w.Karim, w.mia, id, 0), errs.Forbidden)
		all, err = w.agreed.ReadMandates(w.Claire, w.mia)
		must(t, err)
		m = all.List[0]
		if m.Procedures[0].EndedAt != 0 || m.Procedures[1].EndedAt == 0 || m.Procedures[1].EndedBy != core.ActorPerson || !m.Live(casetest.Today()) {
			t.Errorf("%+v", m.Procedures)
		}
	})
}

// The measure of protection is asked and followed.
func TestTheMeasureOfProtectionIsFollowed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*agreement.MandateInput)
			field  string
		}{
			"nothing to do": {func(in *agreement.MandateInput) { in.Procedures = []string{" ", ""} }, "procedures"},
			"eleven things": {func(in *agreement.MandateInput) {
				in.Procedures = strings.Fields("un1 un2 un3 un4 un5 un6 un7 un8 un9 un10 un11")
			}, "procedures"},
			"two years":                         {func(in *agreement.MandateInput) { in.Days = 730 }, "days"},
			"yesterday":                         {func(in *agreement.MandateInput) { in.From = casetest.Today().AddDays(-1) }, "from"},
			"not asked":                         {func(in *agreement.MandateInput) { in.Measure = "" }, "measure"},
			"a curatelle without curator":       {func(in *agreement.MandateInput) { in.Measure = agreement.MeasureCuratelle }, "guardian"},
			"a tutelle without tutor":           {func(in *agreement.MandateInput) { in.Measure = agreement.MeasureTutelle }, "guardian"},
			"a tutelle that the tutor does not": {func(in *agreement.MandateInput) { in.Measure, in.Guardian = agreement.MeasureTutelle, "UDAF" }, "guardian_mark"},
			"not signed":                        {func(in *agreement.MandateInput) { in.Mark = "" }, "mark"},
			"not read":                          {func(in *agreement.MandateInput) { in.Read = "" }, "read"},
		} {
			in := mandateInput()
			c.change(&in)
			if _, err := w.agreed.GiveMandate(w.Claire, w.mia, in); !slices.Contains(fieldsOf(err), c.field) {
				t.Errorf("%s: %v, want field %s", name, err, c.field)
			}
		}
		in := mandateInput()
		in.Measure, in.Guardian = agreement.MeasureCuratelle, "UDAF des Deux-Sèvres" // acts of administration stay the person's
		_, err := w.agreed.GiveMandate(w.Claire, w.mia, in)
		must(t, err)
		in.Measure, in.GuardianMark = agreement.MeasureTutelle, "Anne Petit"
		_, err = w.agreed.GiveMandate(w.Claire, w.mia, in)
		must(t, err)
		_, err = w.agreed.GiveMandate(w.Karim, w.mia, mandateInput())
		kind(t, "another team", err, errs.Forbidden)
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("parvis agreement v1\nkind=mandate\n\npublic-key AAAA\nsignature AAAA\n")
	f.Add("parvis agreement v1\n\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := agreement.Verify([]byte(text), ""); err == nil && len(v.Key) == 0 {
			t.Error("verified without a key")
		}
	})
}
