package demo

import (
	"context"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/desk"
)

const clerkLogin = "anne.tessier"

// Clerk is whom the demonstration's door lets in to welcome people.
func Clerk() access.DemoVisitor { return access.DemoVisitor{Login: clerkLogin} }

// welcomed fills the desk: the passages of the weeks before, then a morning with
// somebody who waits.
func welcomed(ctx context.Context, rooms Rooms) error {
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorClerk, ID: fixedID(clerkLogin), Org: fixedID("org"), AAL: 2})
	at := func(when time.Time) (*desk.Service, error) {
		deps := rooms.Cases
		deps.Random, deps.Clock = randomOf("desk "+when.Format(time.RFC3339)), clock.Fixed(when)
		cases, err := casefile.New(deps)
		if err != nil {
			return nil, err
		}
		return desk.New(cases)
	}
	for n, day := range deskDays() {
		s, err := at(day)
		if err != nil {
			return err
		}
		for _, in := range deskDay(n) {
			if _, err := s.Note(ctx, in); err != nil {
				return fmt.Errorf("a passage of %s: %w", day.Format(time.DateOnly), err)
			}
		}
		if list := hurdles(); n%2 == 1 && n/2 < len(list) {
			if _, err := s.NoteHurdle(ctx, list[n/2]); err != nil {
				return fmt.Errorf("an obstacle: %w", err)
			}
		}
		if n%5 == 2 {
			kinds := desk.GroupKinds()
			if _, err := s.NoteGroup(ctx, desk.Group{Kind: kinds[n%len(kinds)], People: 6 + n%7}); err != nil {
				return fmt.Errorf("a group: %w", err)
			}
		}
	}
	s, err := at(start())
	if err != nil {
		return err
	}
	for _, in := range []desk.Input{
		{Reasons: []desk.Reason{desk.Living}, Language: "ti", Done: []desk.Did{desk.CouldNot}, SentTo: "shelter", SentName: "La Halte", Words: "Feuille de La Halte donnée, en tigrinya"},
		{Reasons: []desk.Reason{desk.Digital}, Language: "fr", Done: []desk.Did{desk.Phoned, desk.Meeting}, SentTo: "prefecture", Words: "Guichet fermé à la préfecture, rendez-vous obtenu"},
		{Reasons: []desk.Reason{desk.Letter}, Language: "ar", Done: []desk.Did{desk.Answered}, SentTo: "duty", Words: "Lettre de la CAF lue ensemble"},
		{Channel: desk.Called, Reasons: []desk.Reason{desk.News}, Language: "fr", Answer: "today", Words: "Rappel promis dans la journée"},
	} {
		if _, err := s.Note(ctx, in); err != nil {
			return fmt.Errorf("a passage of today: %w", err)
		}
	}
	if err := called(ctx, s); err != nil {
		return err
	}
	for _, in := range []desk.Input{
		{Token: "Jeton bleu", Reasons: []desk.Reason{desk.Paper}, Language: "fr"},
		{Token: "Jeton vert", People: 2, Language: "ar", Words: "Interprète appelé"},
		{Token: "Jeton blanc", Words: "Préfère parler à l'écart", Urgent: "un train à midi"},
	} {
		if _, err := s.Arrive(ctx, in); err != nil {
			return fmt.Errorf("somebody who waits: %w", err)
		}
	}
	return nil
}

// called fills the register, and begins a round of calls.
func called(ctx context.Context, s *desk.Service) error {
	round, err := s.OpenCampaign(ctx, "heat")
	if err != nil {
		return fmt.Errorf("a round of calls: %w", err)
	}
	for i, e := range []desk.Entry{
		{Name: "Fontaine Odette", Birth: "1938", Ground: "over_65", Address: "4, rue du Puits, Valsèvre", Phone: "02 61 91 40 77", Safe: "le matin, sur le fixe", Contact: "sa voisine, 06 39 98 40 02", AskedBy: "self"},
		{Name: "Bellamy Georges", Birth: "1944", Ground: "over_65", Address: "11, rue des Tanneurs, Valsèvre", Phone: "02 61 91 40 78", AskedBy: "self", HomeHelp: "Portage de repas"},
		{Name: "Nassiri Farah", Birth: "1979", Ground: "disabled", Address: "2, allée des Tilleuls, Valsèvre", Phone: "06 39 98 40 11", Safe: "par SMS d'abord", AskedBy: "self"},
		{Name: "Coulon Henri", Birth: "1951", Ground: "over_65", Address: "27, rue Haute, Valsèvre", Phone: "02 61 91 40 79", Contact: "sa fille, 06 39 98 40 12", AskedBy: "third", Asker: "son médecin, par courrier"},
	} {
		id, err := s.AddEntry(ctx, e, true)
		if err != nil {
			return fmt.Errorf("somebody to call: %w", err)
		}
		state, words := []desk.CallState{desk.WasReached, desk.NotReached, desk.Needs, desk.NotCalled}[i], []string{"", "Sonne dans le vide, à rappeler", "Ventilateur en panne, a très chaud", ""}[i]
		if err := s.NoteCall(ctx, round, id, state, words); err != nil {
			return fmt.Errorf("a call: %w", err)
		}
	}
	return nil
}

// hurdles are what services made impossible, one every other day.
func hurdles() []desk.Hurdle {
	return []desk.Hurdle{
		{Service: "prefecture", Kind: "online_only", Words: "Pas de guichet pour qui n'a pas d'adresse électronique"},
		{Service: "prefecture", Kind: "closed"}, {Service: "caf", Kind: "unreachable", Words: "Une heure d'attente au téléphone, puis coupé"},
		{Service: "prefecture", Kind: "online_only"}, {Service: "bank", Kind: "refused", Words: "Droit au compte refusé au guichet"}, {Service: "prefecture", Kind: "delay"},
		{Service: "prefecture", Kind: "online_only"}, {Service: "caf", Kind: "language"}, {Service: "prefecture", Kind: "online_only"}, {Service: "prefecture", Kind: "online_only"},
		{Service: "prefecture", Kind: "delay"}, {Service: "prefecture", Kind: "closed"}, {Service: "prefecture", Kind: "closed"}, {Service: "prefecture", Kind: "closed"}, {Service: "prefecture", Kind: "closed"},
	}
}

// deskDays are the days before on which the desk was open, at 10 in the morning.
func deskDays() []time.Time {
	var days []time.Time
	for day := time.Date(2026, time.April, 13, 8, 0, 0, 0, time.UTC); day.Before(start().AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1) {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			days = append(days, day)
		}
	}
	return days
}

// deskDay is what happened on the n-th of those days: five to nine passages, always
// the same ones.
func deskDay(n int) []desk.Input {
	reasons, languages, done := desk.Reasons(), desk.Languages(), desk.Done()
	where := []string{"", "", "duty", "caf", "france_services", "", "food", "prefecture", "departement"}
	var list []desk.Input
	for i := range 5 + n%5 {
		k := n*7 + i*3
		in := desk.Input{Reasons: []desk.Reason{reasons[(k*k+i)%len(reasons)]}, Done: []desk.Did{done[k%len(done)]}, SentTo: where[k%len(where)]}
		if k%3 != 1 {
			in.Language = languages[(k/2)%4%len(languages)*(k%5/2)%len(languages)]
		}
		if k%6 == 0 {
			in.Channel = desk.Called
		}
		list = append(list, in)
	}
	return list
}
