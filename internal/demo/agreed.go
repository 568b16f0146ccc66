package demo

import (
	"context"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// agreed is what the person of a household agreed to and asks to be done in their name.
type agreed struct {
	household, team string // the team that accompanies
	to              string // the other team
	purpose         string
	days            int
	copied          bool
	parts           []access.Category
	mandate         agreement.MandateInput
	stopped         bool // the mandate's first procedure was taken back
}

func allAgreed() []agreed {
	return []agreed{
		{
			household: haddad, team: polyvalence, to: insertion, purpose: "trouver un logement plus grand", days: 12, parts: []access.Category{access.Household, access.Situation},
			mandate: agreement.MandateInput{Days: 31, Measure: agreement.MeasureNone,
				Procedures: []string{"demander la prime d'activité sur le site de la CAF", "écrire à la CPAM pour la complémentaire santé"}},
			stopped: true,
		},
		{
			household: "nguyen", team: insertion, to: polyvalence, purpose: "monter le dossier de surendettement", days: 60, copied: true,
			parts: []access.Category{access.Identity, access.Situation, access.Rights},
			mandate: agreement.MandateInput{Days: 182, Measure: agreement.MeasureCuratelle, Guardian: "Association tutélaire de Valsèvre",
				Procedures: []string{"demander un échéancier aux impôts"}},
		},
	}
}

// signature is a mark of the hand, for the demonstration.
const signature = "M60 130L80 70L100 120L130 90L150 130L180 60L200 140L240 100L300 120L360 80L400 120"

// agreements has people share parts of their file with another team, and ask procedures to
// be done in their name.
func agreements(ctx context.Context, rooms Rooms, teams map[string]teamOf) error {
	for _, a := range allAgreed() {
		cases, err := service(rooms, "agreed "+a.household)
		if err != nil {
			return err
		}
		s, err := agreement.New(cases, rooms.Agreements)
		if err != nil {
			return err
		}
		ctx := core.WithActor(casefile.ComputeLater(ctx), teams[a.team].workers[0])
		file, today := firstID(a.household), cases.Today(ctx)
		_, err = s.Give(ctx, file, agreement.Input{
			Team: teams[a.to].id, Purpose: a.purpose, Categories: a.parts, Copy: a.copied, From: today, Until: today.AddDays(a.days), Lang: "fr",
			Read: agreement.ReadAloud, Signed: agreement.SignDrawn, Mark: signature,
		})
		if err != nil {
			return err
		}
		m := a.mandate
		m.From, m.Lang, m.Read, m.Signed, m.Mark = today, "fr", agreement.ReadAloud, agreement.SignDrawn, signature
		id, err := s.GiveMandate(ctx, file, m)
		if err != nil {
			return err
		}
		if a.stopped {
			if err := s.EndProcedure(ctx, file, id, 0); err != nil {
				return err
			}
		}
	}
	return nil
}
