package demo

import (
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
)

// haddad is the household that the screens show.
const haddad = "haddad"

// known are the households told by hand.
func known() []story {
	return []story{
		{haddad, polyvalence, 0, tellHaddad},
		{"gebremedhin", polyvalence, 0, tellGebremedhin},
		{"rouvière", polyvalence, 0, tellRouviere},
		{"cordier", polyvalence, 0, tellCordier},
		{"sow", polyvalence, 0, tellSow},
		{"vasseur", polyvalence, 0, tellVasseur},
		{"diallo 1991", polyvalence, 1, tellDiallo},
		{"diallo 1958", insertion, 0, tellDialloElder},
		{"dialo", polyvalence, 1, tellDialo},
		{"flat", insertion, 1, tellFlatSharers},
		{"room", insertion, 1, tellStudentRoom},
		{"large", polyvalence, 1, tellLargeFamily},
		{"separated", insertion, 2, tellSeparated},
		{"expecting", polyvalence, 0, tellExpecting},
		{"nguyen", insertion, 0, tellNguyen},
		{"conceicao", insertion, 2, tellConceicao},
		{"benali", polyvalence, 1, tellBenAli},
		{"almeida", insertion, 0, tellAlmeida},
		{"hassan", insertion, 2, tellHassan},
		{"grandmother", polyvalence, 0, tellGrandmother},
		{"unnamed", insertion, 1, tellUnnamed},
		{"housed", insertion, 0, tellHoused},
		{"moved", polyvalence, 0, tellMoved},
		{"handed", insertion, 0, tellHanded},
		{"covered", polyvalence, 1, tellCovered},
		{"widow", polyvalence, 0, tellWidow},
	}
}

// tellHaddad is Mme Haddad's household as the drawn screens have it.
func tellHaddad(h *house) {
	p := madame(someone("Samira", "Haddad", "1992-02-03"))
	p = reach(lives(p, "7, rue des Tanneurs", "ar", "fr"), "06 39 98 41 22", casefile.ChannelSMSNeutral, "après 17 h")
	p.Interpreter = casefile.InterpreterWritten
	h.open(p)
	yanis := h.child(someone("Yanis", "Belkacem", "2017-03-14"))
	lina := h.child(someone("Lina", "Belkacem", "2022-01-20"))
	fatiha := h.join(casefile.HouseholdInput{Identity: madame(someone("Fatiha", "Haddad", "1959-01-10")).Identity, LivesIn: true,
		From: date(2025, 9, 1), Relation: casefile.RelationParent})
	h.join(casefile.HouseholdInput{Identity: monsieur(someone("Karim", "Belkacem", "1988")).Identity, Relation: casefile.RelationPartner,
		Couple: casefile.Cohabiting, Since: date(2015, 6, 1), Apart: date(2024, 10, 1), ParentOf: []core.ID{yanis, lina}})

	slips := seen("3 bulletins de paie", 6, 4)
	h.idle("", said(6, 4))
	h.fact("", "activite", "actif", "2026-01", seen("contrat de travail", 6, 4))
	h.fact("", "metier", "agente d'entretien", "2026-01-05", seen("contrat de travail", 6, 4))
	h.fact("", "contrat_travail", "cdi", "2026-01-05", seen("contrat de travail", 6, 4))
	h.fact("", "heures_semaine", "24", "2026-01-05", seen("contrat de travail", 6, 4))
	h.fact("", "heures_semaine", "28", "2026-08", seen("avenant au contrat", 6, 4))
	h.noPay("", "2023-01..2025-12", said(6, 4))
	h.pay("", 812, "2026-01..2026-01", said(6, 4))
	h.pay("", 940, "2026-02..2026-04", slips)
	h.fact("", "salaire_net_social", "940", "2026-02..2026-04", slips)
	h.fact("", "statut_occupation_logement", "locataire_vide", "2025-09", said(5, 28))
	h.fact("", "nombre_pieces", "3", "2025-09", said(5, 28))
	h.fact("", "charges_locatives", "62", "2025-09", said(6, 4))
	h.fact("", "loyer", "530", "2025-09", said(5, 28))
	h.town("2025-09")
	h.correct("loyer", "548", said(6, 4))
	h.fact("", "aide_logement_recue", "432.66", "2025-11", seen("relevé CAF", 6, 4))
	h.fact("", "titre_sejour", "carte_resident", "2018-05", seen("carte de résident", 6, 4))
	h.fact("", "titre_sejour_fin", "2028-05-02", "2018-05", seen("carte de résident", 6, 4))
	h.fact("", "pensions_alimentaires_percues", "0", "2023-01..2024-09", said(6, 4))
	h.fact("", "pensions_alimentaires_percues", "150", "2024-10..2026-02", said(6, 4))
	h.fact("", "pensions_alimentaires_percues", "0", "2026-03", said(6, 4))
	h.note("", "pension_alimentaire_jugement", casefile.Unknown, "", "2026-03", said(6, 4))
	h.silent("", "epargne", casefile.Refused, said(6, 4))
	h.fact(yanis, "scolarite", "primaire", "2025-09", said(6, 4))
	h.fact(lina, "scolarite", "maternelle", "2025-09", said(6, 4))
	h.fact("", "nationalite", "MA", "2018-05", seen("carte de résident", 6, 4))
	h.fact("", "rsa_isolement_recent", "false", "2026-01", said(6, 4))
	h.retired(fatiha, 612, seen("relevé de la caisse de retraite", 6, 4))
	h.noPay(fatiha, "2023-01", said(6, 4))
	h.fact(fatiha, "pensions_invalidite", "0", "2023-01", said(6, 4))
	h.stays(fatiha, "carte_resident", said(6, 4))
	h.fact(fatiha, "nationalite", "MA", "2018-05", said(6, 4))
	h.receives("af", 15_225, date(2022, 2, 1), 6, 4)
	h.receives("aide_logement", 43_266, date(2025, 11, 1), 6, 4)

	h.says("Je veux travailler plus, mais pas le soir : il y a les petits.", date(2026, 1, 15), casefile.RereadNot, "")
	h.says("Il faut que ma mère ait sa place chez nous.", date(2026, 5, 28), casefile.RereadAloud, "fr")
	h.says("Je veux garder mon logement, et que ma mère puisse rester avec nous.", date(2026, 6, 4), casefile.RereadAloud, "ar")
	keep := h.goal("Garder le logement de la rue des Tanneurs", date(2026, 6, 4))
	h.step(plan.StepInput{
		Goal: keep, Right: "ppa", Title: "Demander la prime d'activité", Who: casefile.Together, DueOn: date(2026, 6, 11),
		Detail: "Au rendez-vous d'aujourd'hui.",
		Ways:   casefile.Ways{Online: "Mon compte CAF, ensemble", Desk: "CAF de Valsèvre, mardi et jeudi matin, sans rendez-vous"},
		Papers: []casefile.StepPaper{{Name: "Ressources de février à avril", RequiredBy: "CSS art. R846-5"}, {Name: "RIB", RequiredBy: "CAF, pour le versement"}},
	})
	h.step(plan.StepInput{
		Goal: keep, Title: "Savoir s'il existe un jugement sur la pension", Who: casefile.ByPerson, DueOn: date(2026, 6, 25),
		Detail: "La CAF le demande pour le soutien familial. Mme Haddad cherche à son rythme.",
		Ways:   casefile.Ways{Desk: "point-justice de Valsèvre, le lundi, gratuit, sans rendez-vous", Letter: "au tribunal, prête à signer"},
	})
	h.step(plan.StepInput{Title: "Rendre visite à la résidence autonomie avec Fatiha", Who: casefile.Together,
		Ways: casefile.Ways{Phone: "la résidence rappelle au 02 61 91 70 30"}})
	h.moves(plan.StepMove{State: casefile.StepWaiting, Outcome: "Message laissé le 9 juin à l'accueil."})
	h.calls(plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: "Résidence autonomie", On: date(2026, 6, 9),
		AnsweredBy: "l'accueil", Says: "La directrice rappelle dans la semaine.", Step: h.made})
	noteHaddad(h)
	h.ahead()
}

// tellGebremedhin is a refugee without a fixed address, met with an interpreter.
func tellGebremedhin(h *house) {
	p := monsieur(someone("Tesfay", "Gebremedhin", "1998-01"))
	p.Languages, p.Interpreter = []string{"ti", "en"}, casefile.InterpreterBoth
	p.Address = casefile.Address{NoFixed: true, City: "Valsèvre", Commune: commune}
	p = reach(p, "06 39 98 12 07", casefile.ChannelSMS, "le soir")
	h.open(p)
	h.fact("", "statut_occupation_logement", "sans_domicile", "2025-02", said(6, 9))
	h.town("2025-02")
	h.fact("", "titre_sejour", "recepisse", "2025-11", said(6, 9))
	h.fact("", "titre_sejour_fin", "2026-06-12", "2025-11", said(6, 9))
	h.note("", "activite", casefile.Unknown, "", "2025-02", said(6, 9))
	h.says("Un endroit où dormir toutes les nuits. Après, le français.", date(2026, 6, 9), casefile.RereadInterpreter, "ti")
	h.step(plan.StepInput{Title: "Renouveler le récépissé", Who: casefile.Together, DueOn: date(2026, 6, 12),
		Detail: "Date limite dite par La Halte. On en parle à la première rencontre.",
		Ways:   casefile.Ways{Online: "site de l'administration des étrangers", Desk: "point d'accueil numérique de la préfecture, sur rendez-vous"}})
	noteGebremedhin(h)
}

// tellRouviere are an old couple, one of them back from hospital. Nothing is
// written to them before the visit.
func tellRouviere(h *house) {
	p := reach(lives(madame(someone("Jeannine", "Rouvière", "1941-08-22")), "12, chemin du Halage"), "02 61 91 22 18", casefile.ChannelCall, "le matin")
	p.BirthName = "Pineau"
	h.open(p)
	paul := h.partner(monsieur(someone("Paul", "Rouvière", "1938-11-02")), casefile.Married, date(1963, 7, 6))
	h.retired("", 782, seen("avis d'imposition", 5, 20))
	h.retired(paul, 1184, seen("avis d'imposition", 5, 20))
	h.fact("", "statut_occupation_logement", "proprietaire", "1978-01", said(5, 20))
	h.fact("", "loyer", "0", "1978-01", said(5, 20))
	h.town("1978-01")
	h.stays("", "nationalite_francaise", said(5, 20))
	h.stays(paul, "nationalite_francaise", said(5, 20))
	h.fact("", "livret_a", "14200", "2026-01", said(5, 20))
}

// tellCordier raises one child alone; the lease ends in three days.
func tellCordier(h *house) {
	h.open(reach(lives(madame(someone("Nadège", "Cordier", "1995-04-17")), "3, impasse du Four"), "06 39 98 30 55", casefile.ChannelSMS, ""))
	theo := h.child(someone("Théo", "Cordier", "2020-09-04"))
	h.works("", "vendeuse en boulangerie", "cdd", 30, 1180, "2023-01", seen("bulletins de paie", 6, 2))
	h.rents("locataire_vide", 465, 40, 2, "2023-01", seen("bail", 6, 2))
	h.stays("", "nationalite_francaise", said(6, 2))
	h.silent(theo, "scolarite", casefile.Unknown, said(6, 2))
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.ToClaim})
	h.says("Je ne veux pas déménager loin de l'école de Théo.", date(2026, 6, 2), casefile.RereadSelf, "fr")
	move := h.goal("Trouver un logement près de l'école", date(2026, 6, 2))
	h.step(plan.StepInput{Goal: move, Title: "Fixer la date de l'état des lieux", Who: casefile.ByPerson, DueOn: date(2026, 6, 14),
		Detail: "Fin du préavis.", Ways: casefile.Ways{Phone: "l'agence, le matin", Letter: "à l'agence, modèle prêt"}})
	h.step(plan.StepInput{Goal: move, Title: "Demander un logement social", Who: casefile.Together, DueOn: date(2026, 6, 5),
		Ways: casefile.Ways{Online: "demande nationale de logement social", Desk: "mairie de Valsèvre, service logement"}})
}

// tellSow works in a warehouse and asked for the bonus.
func tellSow(h *house) {
	h.open(reach(lives(monsieur(someone("Ibrahima", "Sow", "1988-12-30")), "41, avenue de la Gare", "ff", "fr"), "06 39 98 77 10", casefile.ChannelSMS, "avant 13 h"))
	h.works("", "préparateur de commandes", "interim", 35, 1390, "2023-01", seen("bulletins de paie", 6, 9))
	h.rents("locataire_meuble", 390, 30, 1, "2024-03", seen("quittance", 6, 9))
	h.stays("", "carte_sejour", seen("carte de séjour", 6, 9))
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.NotWanted, NonTakeUp: casefile.NonDemand})
}

// tellVasseur received a letter about an undue payment and contests it.
func tellVasseur(h *house) {
	p := reach(lives(madame(someone("Marie-Laure", "Vasseur", "1979-06-08")), "18, rue Haute"), "02 61 91 60 03", casefile.ChannelLetter, "")
	h.open(p)
	ines := h.child(someone("Inès", "Vasseur", "2011-02-11"))
	hugo := h.child(someone("Hugo", "Vasseur", "2013-10-29"))
	h.works("", "aide à domicile", "cdi", 26, 1120, "2023-01", seen("bulletins de paie", 5, 26))
	h.rents("locataire_hlm", 412, 88, 4, "2019-05", caf("notification de trop-perçu", 5, 26))
	h.stays("", "nationalite_francaise", said(5, 26))
	h.fact(ines, "scolarite", "college", "2022-09", said(5, 26))
	h.fact(hugo, "scolarite", "college", "2024-09", said(5, 26))
	h.fact("", "pensions_alimentaires_percues", "120", "2020-01", said(5, 26))
	h.receives("af", 15_225, date(2013, 11, 1), 5, 26)
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.Contested, Source: casefile.SourceLetter, Detail: "courrier CAF du 19 mai"})
	h.says("Je n'ai rien caché. Je veux qu'on regarde mes papiers.", date(2026, 5, 26), casefile.RereadAloud, "fr")
	h.step(plan.StepInput{Right: "aide_logement", Title: "Écrire à la commission de recours amiable", Who: casefile.ByWorker, DueOn: date(2026, 7, 19),
		Detail: "Deux mois après la notification.", Ways: casefile.Ways{Letter: "à la CAF, prête à signer", Desk: "CAF de Valsèvre, mardi et jeudi matin"}})
	h.moves(plan.StepMove{State: casefile.StepDone, Outcome: "Lettre envoyée avec accusé de réception."})
	noteVasseur(h)
}

// Three people whose names sound alike.
func tellDiallo(h *house) {
	h.open(reach(lives(madame(someone("Fatou", "Diallo", "1991-05-04")), "22, rue des Tanneurs", "ff", "fr"), "06 39 98 55 01", casefile.ChannelCall, ""))
	h.child(someone("Aïssata", "Diallo", "2019-07-07"))
	h.child(someone("Boubacar", "Diallo", "2021-11-15"))
	h.works("", "assistante maternelle", "cdi", 40, 1260, "2023-01", seen("bulletins de paie", 6, 1))
	h.rents("locataire_hlm", 398, 75, 3, "2021-01", seen("quittance", 6, 1))
	h.stays("", "nationalite_francaise", said(6, 1))
	h.fact("", "pensions_alimentaires_percues", "0", "2023-01", said(6, 1))
	h.clash("loyer", "418", seen("avis d'échéance", 6, 8))
}

func tellDialloElder(h *house) {
	h.open(lives(madame(someone("Fatou", "Diallo", "1958")), "5, allée des Saules", "wo", "fr"))
	h.fact("", "activite", "retraite", "2024-01", said(6, 3))
	h.rents("locataire_hlm", 305, 62, 2, "2010-01", said(6, 3))
	h.silent("", "retraite_nette", casefile.Unknown, said(6, 3))
}

func tellDialo(h *house) {
	h.open(reach(lives(madame(someone("Fatoumata", "Dialo", "2001-01")), "9, quai Neuf", "bm", "fr"), "06 39 98 55 09", casefile.ChannelSMS, ""))
	h.studies("", true, seen("certificat de scolarité", 5, 12))
	h.rents("locataire_meuble", 340, 25, 1, "2024-09", seen("bail", 5, 12))
	h.fact("", "titre_sejour", "carte_sejour", "2023-09", seen("carte de séjour étudiant", 5, 12))
}

// tellFlatSharers are three students of one flat; one has a file.
func tellFlatSharers(h *house) {
	h.open(reach(lives(someone("Camille", "Le Bihan", "2004-03-21"), "14, rue du Port"), "06 39 98 61 44", casefile.ChannelSMS, ""))
	h.roof(someone("Enzo", "Marchetti", "2003-12-12"), false, date(2025, 9, 1))
	h.roof(someone("Jade", "Okafor", "2005-02-02"), false, date(2025, 9, 1))
	h.studies("", true, seen("notification de bourse", 5, 7))
	h.rents("locataire_meuble", 280, 35, 4, "2025-09", seen("bail de colocation", 5, 7))
	h.fact("", "coloc", "true", "2025-09", seen("bail de colocation", 5, 7))
	h.stays("", "nationalite_francaise", said(5, 7))
}

// tellStudentRoom rents a room at a lady's.
func tellStudentRoom(h *house) {
	p := reach(lives(monsieur(someone("Lucas", "Ferreira da Silva", "2006-06-30")), "2, rue Basse", "pt", "fr"), "06 39 98 61 60", casefile.ChannelSMS, "")
	h.open(p)
	h.studies("", false, said(5, 7))
	h.rents("locataire_meuble", 260, 0, 1, "2025-09", said(5, 7))
	h.fact("", "logement_chambre", "true", "2025-09", said(5, 7))
	h.stays("", "europe", said(5, 7))
	h.fact("", "nationalite", "PT", "2025-09", said(5, 7))
}

// tellLargeFamily has five children and one wage.
func tellLargeFamily(h *house) {
	h.open(reach(lives(madame(someone("Zahra", "Amiri", "1987-09-09")), "30, cité du Moulin", "fa", "fr"), "06 39 98 18 18", casefile.ChannelCall, "entre 9 h et 16 h"))
	var kids []core.ID
	for _, k := range [][2]string{{"Omid", "2008-05-02"}, {"Parisa", "2010-01-19"}, {"Reza", "2013-08-08"}, {"Mina", "2017-12-01"}, {"Navid", "2024-03-03"}} {
		kids = append(kids, h.child(someone(k[0], "Amiri", k[1])))
	}
	dad := h.partner(monsieur(someone("Hossein", "Amiri", "1983-02")), casefile.Married, date(2007, 4, 4), kids...)
	h.idle("", said(5, 29))
	h.works(dad, "cuisinier", "cdi", 39, 1710, "2023-01", seen("bulletins de paie", 5, 29))
	h.rents("locataire_hlm", 612, 140, 5, "2017-06", seen("quittance", 5, 29))
	h.stays("", "refugie", seen("carte de résident", 5, 29))
	h.stays(dad, "refugie", seen("carte de résident", 5, 29))
	h.fact(kids[0], "scolarite", "lycee", "2023-09", said(5, 29))
	h.receives("af", 84_310, date(2017, 7, 1), 5, 29)
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.Claimed})
}

// tellSeparated are two files of a couple apart: her address is protected and
// stands nowhere but in her file.
func tellSeparated(h *house) {
	her := madame(someone("Élodie", "Garnier", "1990-10-05"))
	her.Languages = []string{"fr"}
	her.Address = casefile.Address{Protected: true, Lines: []string{"Poste restante"}, Postcode: "79000", City: "Valsèvre", Commune: commune}
	her = reach(her, "06 39 98 02 14", casefile.ChannelCall, "entre 10 h et 11 h, ne pas laisser de message")
	h.open(her)
	tom := h.child(someone("Tom", "Garnier-Petit", "2018-02-27"))
	h.join(casefile.HouseholdInput{Identity: monsieur(someone("Mickaël", "Petit", "1986-03-15")).Identity, Relation: casefile.RelationPartner,
		Couple: casefile.Married, Since: date(2014, 5, 24), Apart: date(2026, 2, 1), ParentOf: []core.ID{tom}})
	h.unemployed("", 870, "2025-06", seen("attestation France Travail", 4, 14))
	h.pay("", 1320, "2023-01..2025-05", seen("bulletins de paie", 4, 14))
	h.rents("locataire_vide", 430, 50, 2, "2026-02", said(4, 14))
	h.stays("", "nationalite_francaise", said(4, 14))
	h.silent("", "pensions_alimentaires_percues", casefile.Refused, said(4, 14))

	h.open(reach(lives(monsieur(someone("Mickaël", "Petit", "1986-03-15")), "8, rue de l'Écluse"), "06 39 98 02 90", casefile.ChannelSMS, ""))
	h.works("", "chauffeur routier", "cdi", 43, 2050, "2023-01", said(5, 18))
	h.rents("locataire_vide", 560, 45, 3, "2019-09", said(5, 18))
	h.fact("", "pensions_alimentaires_versees_individu", "180", "2026-02", said(5, 18))
}

// tellExpecting are a young pacsed couple who expect a child.
func tellExpecting(h *house) {
	h.open(reach(lives(madame(someone("Manon", "Delcourt", "1999-07-16")), "27, rue des Lices"), "06 39 98 44 02", casefile.ChannelSMS, ""))
	him := h.partner(monsieur(someone("Yohann", "Prévost", "1997-01-28")), casefile.Pacs, date(2024, 3, 15))
	h.fact("", "enceinte", "true", "2026-01", seen("déclaration de grossesse", 5, 22))
	h.works("", "coiffeuse", "cdi", 35, 1430, "2023-01", seen("bulletins de paie", 5, 22))
	h.unemployed(him, 940, "2026-02", seen("attestation France Travail", 5, 22))
	h.pay(him, 1560, "2023-01..2026-01", said(5, 22))
	h.rents("locataire_vide", 520, 60, 3, "2024-05", seen("bail", 5, 22))
	h.stays("", "nationalite_francaise", said(5, 22))
	h.stays(him, "nationalite_francaise", said(5, 22))
}

// tellNguyen is a widow whose first name has two words.
func tellNguyen(h *house) {
	p := madame(someone("Thị Mai", "Nguyễn", "1951-07-07"))
	p.FirstNameOfUse, p.Interpreter = "Mai", casefile.InterpreterSpoken
	h.open(reach(lives(p, "6, place du Marché", "vi", "fr"), "02 61 91 33 71", casefile.ChannelCall, "l'après-midi"))
	h.retired("", 690, seen("avis de retraite", 3, 30))
	h.rents("locataire_hlm", 322, 70, 2, "2004-01", seen("quittance", 3, 30))
	h.stays("", "nationalite_francaise", seen("carte d'identité", 3, 30))
	h.fact("", "statut_marital", "veuf", "2015-05", said(3, 30))
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.ToClaim})
}

// tellConceicao has a particle, a cedilla and two trades.
func tellConceicao(h *house) {
	h.open(reach(lives(monsieur(someone("João", "da Conceição", "1988-03-30")), "19, rue des Lavandières", "pt", "fr"), "06 39 98 90 12", casefile.ChannelSMS, ""))
	h.fact("", "activite", "actif", "2023-01", said(6, 5))
	h.fact("", "metier", "peintre en bâtiment", "2023-01", said(6, 5))
	h.fact("", "contrat_travail", "independant", "2023-01", said(6, 5))
	h.noPay("", "2023-01", said(6, 5))
	h.fact("", "mbic_imps", "17400", "2024", seen("déclaration de chiffre d'affaires", 6, 5))
	h.fact("", "mbic_imps", "19850", "2025", seen("déclaration de chiffre d'affaires", 6, 5))
	h.rents("locataire_vide", 445, 30, 2, "2022-10", said(6, 5))
	h.stays("", "europe", seen("carte d'identité portugaise", 6, 5))
	h.fact("", "nationalite", "PT", "2023-01", seen("carte d'identité portugaise", 6, 5))
}

// tellBenAli lives with his grown-up son, who has his own family for the CAF.
func tellBenAli(h *house) {
	h.open(reach(lives(monsieur(someone("Mohammed", "Ben Ali", "1969-01-01")), "11, rue du Puits", "ar", "fr"), "06 39 98 71 71", casefile.ChannelCall, ""))
	son := h.child(someone("Sofiane", "Ben Ali", "1999-10-10"))
	h.unemployed("", 512, "2024-11", seen("attestation France Travail", 5, 11))
	h.pay("", 1490, "2023-01..2024-10", said(5, 11))
	h.works(son, "livreur", "independant", 30, 900, "2023-01", said(5, 11))
	h.rents("locataire_hlm", 377, 82, 3, "2008-02", seen("quittance", 5, 11))
	h.stays("", "carte_resident", seen("carte de résident", 5, 11))
	h.silent("", "livret_a", casefile.Refused, said(5, 11))
}

// tellAlmeida is owner with a loan.
func tellAlmeida(h *house) {
	h.open(reach(lives(monsieur(someone("Jean-Baptiste", "d’Almeida", "1982-02-28")), "44, rue du Rempart"), "06 39 98 26 40", casefile.ChannelCall, ""))
	wife := h.partner(madame(someone("Aurélie", "d’Almeida", "1984-05-19")), casefile.Married, date(2010, 8, 14))
	h.child(someone("Noé", "d’Almeida", "2014-04-14"))
	h.works("", "technicien de maintenance", "cdi", 35, 1980, "2023-01", seen("bulletins de paie", 4, 2))
	h.works(wife, "secrétaire médicale", "cdi", 28, 1310, "2023-01", seen("bulletins de paie", 4, 2))
	h.fact("", "statut_occupation_logement", "primo_accedant", "2017-06", seen("offre de prêt", 4, 2))
	h.fact("", "loyer", "742", "2017-06", seen("offre de prêt", 4, 2))
	h.fact("", "aide_logement_date_pret", "2017-06-15", "", seen("offre de prêt", 4, 2))
	h.fact("", "etat_logement", "acquisition_sans_amelioration_logement_existant", "2017-06", seen("offre de prêt", 4, 2))
	h.town("2017-06")
	h.stays("", "nationalite_francaise", said(4, 2))
	h.stays(wife, "nationalite_francaise", said(4, 2))
}

// tellHassan writes her name in Arabic and prefers the counter.
func tellHassan(h *house) {
	p := madame(someone("زينب", "الحسن", "1990"))
	p.BirthName = "Al Hassan"
	p.FirstNameOfUse = "Zaynab"
	p.Interpreter = casefile.InterpreterBoth
	p = lives(p, "1, rue du Lavoir", "ar")
	p.Channel = casefile.ChannelInPerson
	h.open(p)
	h.child(someone("Nour", "Al Hassan", "2015-06"))
	h.child(someone("Adam", "Al Hassan", "2018-09-21"))
	h.child(someone("Salma", "Al Hassan", "2023-12-05"))
	h.idle("", said(6, 10))
	h.rents("locataire_hlm", 402, 90, 4, "2024-01", said(6, 10))
	h.stays("", "protection_subsidiaire", seen("carte de séjour pluriannuelle", 6, 10))
	h.fact("", "pensions_alimentaires_percues", "0", "2023-01", said(6, 10))
}

// tellGrandmother raises her grandson; his mother lives elsewhere.
func tellGrandmother(h *house) {
	h.open(reach(lives(madame(someone("Denise", "Boucher", "1961-03-03")), "16, rue des Glycines"), "02 61 91 15 15", casefile.ChannelCall, "avant 20 h"))
	lea := h.join(casefile.HouseholdInput{Identity: madame(someone("Léa", "Boucher", "1993-12-24")).Identity, Relation: casefile.RelationChild})
	tom := h.roof(someone("Timéo", "Boucher", "2015-08-01"), false, date(2021, 1, 10))
	if h.err == nil {
		h.err = h.cases.RelateParent(h.ctx, h.file, lea, tom)
	}
	h.works("", "agente de restauration scolaire", "cdi", 28, 1090, "2023-01", seen("bulletins de paie", 2, 12))
	h.rents("locataire_vide", 470, 55, 3, "2015-01", seen("quittance", 2, 12))
	h.stays("", "nationalite_francaise", said(2, 12))
	h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.NotWanted, NonTakeUp: casefile.NonKnowledge})
	h.reopen("aide_logement")
}

// tellUnnamed is known by a first name alone.
func tellUnnamed(h *house) {
	p := someone("", "Stéphane", "")
	p.Address = casefile.Address{NoFixed: true, City: "Valsèvre"}
	p.Channel = casefile.ChannelNone
	h.open(p)
	h.fact("", "statut_occupation_logement", "sans_domicile", "2026-04", said(6, 6))
}

// tellHoused sleeps at friends': the rent is theirs.
func tellHoused(h *house) {
	h.open(reach(lives(monsieur(someone("Dylan", "Marchand", "2002-11-11")), "chez M. Okoye, 33, avenue de la Gare"), "06 39 98 08 80", casefile.ChannelSMS, ""))
	h.roof(monsieur(someone("Chidi", "Okoye", "1994-06-06")), false, core.Date{})
	h.unemployed("", 0, "2025-10", said(5, 5))
	h.pay("", 1250, "2023-06..2025-09", said(5, 5))
	h.noPay("", "2023-01..2023-05", said(5, 5))
	h.fact("", "statut_occupation_logement", "loge_gratuitement", "2025-10", said(5, 5))
	h.fact("", "loyer", "0", "2025-10", said(5, 5))
	h.town("2025-10")
	h.stays("", "nationalite_francaise", said(5, 5))
}
