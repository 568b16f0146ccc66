package plan_test

import (
	"context"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func TestCallsAndLetters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, other := w.Person("Samira", "Haddad", "1992"), w.Person("Ali", "Diallo", "1980")
		step, err := w.plans.AddStep(w.Claire, id, aStep("Appeler la CAF"))
		must(t, err)
		foreign, err := w.plans.AddStep(w.Claire, other, aStep("Autre"))
		must(t, err)
		call := plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: " CAF,  prestations ", AnsweredBy: "Mme R.",
			Says: "Le dossier\r\nest complet.", Step: step}
		_, err = w.plans.LogExchange(w.Claire, id, call)
		must(t, err)
		letter := plan.ExchangeInput{Kind: casefile.ExchangeLetter, Direction: casefile.Incoming, Party: "Bailleur", On: casetest.Today().AddDays(-9)}
		_, err = w.plans.LogExchange(w.Claire, id, letter)
		must(t, err)
		list := w.plan(id).Exchanges
		if len(list) != 2 || list[0].Party != "CAF, prestations" || list[0].Says != "Le dossier\nest complet." || list[0].On != casetest.Today() || list[0].Step != step ||
			list[0].By != w.ClaireID || list[1].Kind != casefile.ExchangeLetter {
			t.Errorf("%+v", list)
		}
		with := func(change func(in *plan.ExchangeInput)) plan.ExchangeInput {
			in := call
			change(&in)
			return in
		}
		for name, c := range map[string]struct {
			in         plan.ExchangeInput
			field, key string
		}{
			"a pigeon":       {with(func(in *plan.ExchangeInput) { in.Kind = "pigeon" }), "kind", "errs.steps.kind_missing"},
			"which way":      {with(func(in *plan.ExchangeInput) { in.Direction = "" }), "direction", "errs.steps.direction_missing"},
			"nobody":         {with(func(in *plan.ExchangeInput) { in.Party = " " }), "party", "errs.steps.party_missing"},
			"a zero byte":    {with(func(in *plan.ExchangeInput) { in.Says = "a\x00" }), "says", "errs.casefile.text_control"},
			"too long":       {with(func(in *plan.ExchangeInput) { in.Says = strings.Repeat("a", 1001) }), "says", "errs.casefile.text_too_long"},
			"tomorrow":       {with(func(in *plan.ExchangeInput) { in.On = casetest.Today().AddDays(1) }), "on", "errs.casefile.date_future"},
			"another's step": {with(func(in *plan.ExchangeInput) { in.Step = foreign }), "step", "errs.steps.step_unknown"},
			"no id":          {with(func(in *plan.ExchangeInput) { in.Step = "a\x00" }), "step", "errs.steps.step_unknown"},
		} {
			_, err := w.plans.LogExchange(w.Claire, id, c.in)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.field, c.key) })
		}
		if n := w.rows("exchange"); n != 2 {
			t.Errorf("%d rows after what was refused, want 2", n)
		}
		_, err = w.plans.LogExchange(w.Karim, id, call)
		wantKind(t, err, errs.Forbidden)
		samira := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		if own, err := w.plans.ReadOwn(samira); err != nil || len(own.Exchanges) != 0 {
			t.Errorf("the person's page shows the service's calls: %v", err)
		}
	})
}
