package demo

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/demand"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/duty/safeguard"
)

// duties tells what a few households asked about their data, and what is kept apart for a
// child of another.
func (h *house) duties(name string) {
	switch name {
	case "cordier":
		h.asks(demand.Input{Kind: demand.Copy, Way: demand.Letter, On: date(2026, 5, 27)})
	case "vasseur":
		h.asks(demand.Input{Kind: demand.Objection, What: demand.Other, Way: demand.Counter, On: date(2026, 6, 9), Words: "Je ne veux plus qu'on parle de mes dettes à la réunion du mercredi."})
	case "separated":
		h.apart(safeguard.Input{Kind: safeguard.Shared, On: date(2026, 6, 5), Child: "L'aîné, 9 ans", To: "L'infirmière scolaire de l'école Jules-Ferry",
			Words: "L'enfant arrive fatigué et dit qu'il se couche tard les soirs de garde alternée. Rien d'autre n'a été dit.", Told: true, ToldTo: "la mère, au rendez-vous du 4 juin"})
	}
}

// standing does for a demand when nothing of it is answered yet.
type standing struct{}

func (standing) Stop(context.Context, core.ID, demand.What) error { return nil }

func (h *house) asks(in demand.Input) {
	if h.err != nil || h.file == "" {
		return
	}
	s, err := demand.New(h.cases, standing{})
	if err == nil {
		_, err = s.Note(h.ctx, h.file, in)
	}
	h.err = err
}

func (h *house) apart(in safeguard.Input) {
	if h.err != nil || h.file == "" {
		return
	}
	s, err := safeguard.New(h.cases)
	if err == nil {
		_, err = s.Write(h.ctx, h.file, in)
	}
	h.err = err
}

// keeps chooses how long files are kept, and who may read the archive.
func keeps(ctx context.Context, rooms Rooms, teams map[string]teamOf) error {
	cases, err := service(rooms, "keeping")
	if err != nil {
		return err
	}
	lines, ok := rooms.Cases.Journal.(retention.Journal)
	if !ok {
		return fmt.Errorf("the journal of the demonstration forgets nothing")
	}
	s, err := retention.New(cases, lines)
	if err != nil {
		return err
	}
	return s.Choose(as(ctx, fixedID("org")), retention.Settings{
		Rule:   retention.Rule{ActiveMonths: 24, ArchiveMonths: 36, PublicBody: true, Basis: "Référentiel de la CNIL sur le suivi social, et tableau de gestion du CCAS"},
		Circle: []core.ID{teams[polyvalence].workers[0].ID},
	})
}
