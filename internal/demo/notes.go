package demo

import (
	"context"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
)

// as is the context of a worker of the same demonstration.
func (h *house) as(a core.Actor) context.Context { return core.WithActor(h.ctx, a) }

// hears opens the notes of the household's files; nil once something failed.
func (h *house) hears() *note.Service {
	if h.err != nil {
		return nil
	}
	var notes *note.Service
	notes, h.err = note.New(h.cases)
	return notes
}

// notes writes a note as somebody.
func (h *house) notes(by context.Context, in note.Input) core.ID {
	s := h.hears()
	if s == nil {
		return ""
	}
	var id core.ID
	id, h.err = s.Write(by, h.file, in)
	return id
}

// rewords corrects a note as somebody.
func (h *house) rewords(by context.Context, id core.ID, text string) {
	s := h.hears()
	if s == nil {
		return
	}
	sheet, err := s.Read(by, h.file, id)
	if h.err = err; err != nil {
		return
	}
	n := sheet.Note
	h.err = s.Edit(by, h.file, id, note.Input{Kind: n.Kind, On: n.On, Visibility: n.Visibility, Circle: n.Circle, Text: text, Third: n.Third, Step: n.Step, Exchange: n.Exchange}, n.Current)
}

// takes takes down what the person says; writes is the person, from their space.
func (h *house) takes(in note.StatementInput) { h.states(h.ctx, in) }

func (h *house) writes(in note.StatementInput) {
	a := core.ActorFrom(h.ctx)
	h.states(h.as(core.Actor{Kind: core.ActorPerson, ID: h.file, Org: a.Org, AAL: 2}), in)
}

func (h *house) states(by context.Context, in note.StatementInput) {
	if s := h.hears(); s != nil {
		_, h.err = s.AddStatement(by, h.file, in)
	}
}

// noteHaddad are the notes of Mme Haddad's file, one of each visibility.
func noteHaddad(h *house) {
	hugo := h.as(h.teams[polyvalence].workers[1])
	visit := h.notes(h.ctx, note.Input{Kind: note.Visit, On: date(2026, 5, 28), Visibility: note.ForPerson,
		Text: "Visite rue des Tanneurs. Fatiha dort dans le salon. Mme Haddad cherche une solution qui ne sépare pas la famille.\n\nOn regarde ensemble une place en résidence autonomie, " +
			"et ce que change l'allocation logement si Fatiha reste."})
	h.rewords(h.ctx, visit, "Visite rue des Tanneurs. Fatiha dort dans le salon. Mme Haddad veut que sa mère reste avec elles, ou tout près.\n\nOn regarde ensemble une place en résidence autonomie, "+
		"et ce que change l'allocation logement si Fatiha reste.")
	h.takes(note.StatementInput{Note: visit, On: date(2026, 6, 4), Reread: casefile.RereadAloud, Words: "Ma mère ne gêne pas. C'est l'escalier, le problème."})
	h.writes(note.StatementInput{Note: visit, Words: "La résidence, d'accord pour visiter. Pour décider, c'est elle."})
	h.notes(hugo, note.Input{Kind: note.Phone, On: date(2026, 6, 2), Visibility: note.ForTeam,
		Text: "Appel de [[Mme Bernard, du bailleur]] : la quittance de mai est réglée. Mme Haddad en est prévenue le même jour, par un message neutre."})
	h.notes(h.ctx, note.Input{Kind: note.Counter, On: date(2026, 6, 4), Visibility: note.ForCircle, Third: []string{"Yanis", "Karim"},
		NewCircle: &note.NewCircle{Name: "Autour de Yanis", Members: []core.ID{core.ActorFrom(hugo).ID}},
		Text:      "Mme Haddad a dit que Yanis dort mal depuis le départ de Karim. Elle souhaite en parler d'abord à l'école, et nous dira si elle veut que nous y soyons."})
	h.notes(h.ctx, note.Input{Kind: note.Other, On: date(2026, 6, 10), Visibility: note.ForAuthor,
		Text: "Pour demain : relire avec elle ses mots du 4 juin. Demander si un jugement existe, sans insister."})
	h.takes(note.StatementInput{On: date(2026, 6, 4), Reread: casefile.RereadInterpreter, Words: "Quand on m'appelle au travail, tout le monde entend. Après 17 h, c'est bien."})
}

func noteVasseur(h *house) {
	n := h.notes(h.ctx, note.Input{Kind: note.Letter, On: date(2026, 5, 26), Visibility: note.ForTeam,
		Text: "Mme Vasseur apporte le courrier du 19 mai. Le trop-perçu porte sur les mois où la pension n'a pas été versée. Nous écrivons à la commission avec les relevés de compte."})
	h.takes(note.StatementInput{Note: n, On: date(2026, 5, 26), Reread: casefile.RereadSelf, Words: "La pension, je l'ai eue deux fois en un an. J'ai tout gardé."})
}

func noteGebremedhin(h *house) {
	h.notes(h.ctx, note.Input{Kind: note.Message, On: date(2026, 6, 9), Visibility: note.ForTeam, Third: []string{"Meron"},
		Text: "Message de La Halte : M. Gebremedhin y dort jusqu'à vendredi. Meron, une amie, traduit au téléphone ; pour le rendez-vous, un interprète est réservé."})
}
