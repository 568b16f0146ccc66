package demo

import (
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
)

// follow is who accompanies the person of the file, and the service that knows.
func (h *house) follow() (*caseload.Service, caseload.Follow) {
	if h.compute(); h.err != nil {
		return nil, caseload.Follow{}
	}
	load, err := caseload.New(h.cases)
	if err != nil {
		h.err = err
		return nil, caseload.Follow{}
	}
	f, err := load.Read(h.ctx, h.file)
	h.err = err
	return load, f
}

// ends closes the accompaniment of the file; nothing more is told in it.
func (h *house) ends(in caseload.ClosingInput) {
	load, f := h.follow()
	if h.err != nil {
		return
	}
	in.Case, in.Version = f.Cases[0].ID, f.Cases[0].Version
	h.err = load.Close(h.ctx, h.file, in)
	h.file = ""
}

// hands proposes the accompaniment of the file to another team.
func (h *house) hands(team, reason, words string) {
	load, f := h.follow()
	if h.err != nil {
		return
	}
	_, h.err = load.Propose(h.ctx, h.file, caseload.TransferInput{Case: f.Cases[0].ID, ToTeam: h.teams[team].id, Reason: reason, Words: words, Choice: caseload.AllSteps})
}

// covers says that the worker is away, and who looks after what is due.
func (h *house) covers(by core.Actor, from, to core.Date) {
	load, _ := h.follow()
	if h.err != nil {
		return
	}
	_, h.err = load.AddCover(h.ctx, caseload.CoverInput{Worker: core.ActorFrom(h.ctx).ID, By: by.ID, From: from, To: to})
}

// tellMoved left for another town: the accompaniment ended with her words.
func tellMoved(h *house) {
	h.open(reach(lives(madame(someone("Solène", "Kermarrec", "1995-04-18")), "12, rue du Puits"), "06 39 98 73 21", casefile.ChannelSMS, ""))
	h.rents("locataire_vide", 410, 45, 2, "2023-02", said(3, 12))
	h.stays("", "nationalite_francaise", said(3, 12))
	h.says("Je veux me rapprocher de ma sœur.", date(2026, 3, 12), casefile.RereadAloud, "fr")
	h.ends(caseload.ClosingInput{Reason: caseload.EndMoved, Words: "Je pars vivre près de ma sœur. Ça va mieux.",
		Remains: "La CAF attend la nouvelle adresse.", Who: "Là-bas, le CCAS de sa nouvelle commune. Ici, l'accueil : 02 61 91 40 10."})
}

// tellHanded moves to the other side of town: her team proposes her accompaniment.
func tellHanded(h *house) {
	h.open(reach(lives(madame(someone("Odile", "Tessier", "1972-10-09")), "3, place des Halles"), "02 61 91 52 18", casefile.ChannelCall, "le matin"))
	h.unemployed("", 780, "2025-10", seen("attestation France Travail", 6, 8))
	h.rents("locataire_hlm", 344, 52, 3, "2026-06", seen("bail", 6, 8))
	h.stays("", "nationalite_francaise", said(6, 8))
	h.step(plan.StepInput{Title: "Envoyer le nouveau bail à la CAF", Who: casefile.Together, DueOn: date(2026, 6, 19),
		Ways: casefile.Ways{Desk: "CAF de Valsèvre, mardi matin", Letter: "copie du bail"}})
	h.hands(polyvalence, "Elle a déménagé place des Halles, dans votre secteur.", "D'accord, si je ne raconte pas tout depuis le début.")
}

// tellCovered is followed by somebody away for ten days.
func tellCovered(h *house) {
	h.open(reach(lives(monsieur(someone("Gaspard", "Lemoine", "1963-02-26")), "16, rue de l'Horloge"), "06 39 98 35 07", casefile.ChannelCall, ""))
	h.retired("", 1_010, seen("relevé de pension", 6, 3))
	h.rents("locataire_vide", 438, 40, 2, "2015-09", seen("quittance", 6, 3))
	h.stays("", "nationalite_francaise", said(6, 3))
	h.step(plan.StepInput{Title: "Appeler le fournisseur d'énergie", Who: casefile.ByWorker, DueOn: date(2026, 6, 15),
		Detail: "Demander un échéancier.", Ways: casefile.Ways{Phone: "service solidarité, le matin"}})
	h.covers(h.teams[polyvalence].workers[0], date(2026, 6, 8), date(2026, 6, 19))
}

// dies notes that the person of the file died; nothing more is told in it.
func (h *house) dies(in death.Input) {
	if h.compute(); h.err != nil {
		return
	}
	deaths, err := death.New(h.cases, nil)
	if err == nil {
		err = deaths.Record(h.ctx, h.file, h.file, in)
	}
	h.err, h.file = err, ""
}

// tellWidow are two files of a couple: his is read and no longer changes, hers stands.
func tellWidow(h *house) {
	his := h.open(reach(lives(monsieur(someone("Armand", "Guérin", "1949-11-02")), "4, rue du Four"), "02 61 91 71 14", casefile.ChannelCall, ""))
	h.retired("", 1_140, seen("relevé de pension", 2, 10))
	h.rents("locataire_hlm", 376, 60, 3, "1998-05", seen("quittance", 2, 10))
	h.stays("", "nationalite_francaise", said(2, 10))
	h.says("Rester chez nous, tous les deux.", date(2026, 2, 10), casefile.RereadAloud, "fr")
	h.compute()

	hers := h.open(reach(lives(madame(someone("Lucette", "Guérin", "1953-06-21")), "4, rue du Four"), "02 61 91 71 14", casefile.ChannelCall, "l'après-midi"))
	h.retired("", 640, seen("relevé de pension", 6, 2))
	h.rents("locataire_hlm", 376, 60, 3, "1998-05", seen("quittance", 6, 2))
	h.stays("", "nationalite_francaise", said(6, 2))
	h.join(casefile.HouseholdInput{Person: his, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married, Since: date(1974, 9, 14)})
	h.step(plan.StepInput{Title: "Demander la pension de réversion", Who: casefile.Together, DueOn: date(2026, 6, 24),
		Ways: casefile.Ways{Online: "info-retraite.fr", Desk: "Carsat, permanence du lundi", Letter: "formulaire prêt"}})
	h.compute()

	h.file = his
	h.dies(death.Input{On: core.PartialDate{Year: 2026, Month: 5, Day: 20}, Source: casefile.SourceSaid, Detail: "par Mme Guérin, à l'accueil"})
	h.file = hers
}
