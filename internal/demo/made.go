package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// madeHouseholds is how many households are drawn beside those told by hand.
const madeHouseholds = 46

// made are households drawn from a seed: every kind of life comes several times.
func made() []story {
	kinds := []func(*house, *drawn){
		drawnParent, drawnCouple, drawnAlone, drawnElder, drawnYoung, drawnParent, drawnUnemployed, drawnCouple, drawnNewcomer,
	}
	var list []story
	for i := range madeHouseholds {
		team := polyvalence
		if i%3 == 0 {
			team = insertion
		}
		name := fmt.Sprintf("made %02d", i)
		list = append(list, story{name, team, i / 2, func(h *house) { kinds[i%len(kinds)](h, newDrawn(h, i)) }})
	}
	return list
}

// drawn is a household's luck.
type drawn struct {
	rng    *rand.Rand
	n      int
	family string
	origin origin
}

// origin is a way of naming people, and the languages that come with it.
type origin struct {
	families  []string
	women     []string
	men       []string
	languages []string
	french    bool
}

func origins() []origin {
	return []origin{
		{words("Martin Bernard Petit Moreau Lefèvre Fournier Mercier Guérin Rousseau Chevalier Perrin Aubert Renard Barbier Caron Meunier"),
			words("Sandrine Céline Julie Léa Chloé Monique Odile Brigitte Amandine Sylvie Maëlle Françoise"),
			words("Thomas Julien Nicolas Kévin Gérard Michel Bruno Loïc Maxime Antoine Fabrice René"), []string{"fr"}, true},
		{words("Le_Gall Kerbrat Ar_Bras Tanguy"), words("Gwenaëlle Nolwenn Yvonne"), words("Ronan Yannick Erwan"), []string{"fr"}, true},
		{words("Benhamou Cherif Ziani El_Amrani Bouzid Mansouri Khelifi"), words("Amina Leïla Khadija Nora Houria Salima"),
			words("Rachid Omar Youssef Farid Abdelkader Mehdi"), []string{"ar", "fr"}, false},
		{words("Traoré Koné Camara Ndiaye Cissé Bamba"), words("Aminata Mariam Awa Kadiatou Rokia"), words("Moussa Ousmane Lamine Cheikh Souleymane"), []string{"fr"}, false},
		{words("Popescu Ionescu Marinov Kovač"), words("Elena Ioana Mirela"), words("Marius Dragan Stefan"), []string{"ro", "fr"}, false},
		{words("Yılmaz Çelik Demir Kaya"), words("Ayşe Elif Zeynep"), words("Mehmet Emre Hasan"), []string{"tr", "fr"}, false},
		{words("Payet Hoarau Grondin Boyer"), words("Marie-Line Gladys Sabrina"), words("Jean-Yves Mickaël Giovanny"), []string{"fr"}, true},
		{words("Silva_Pereira Oliveira Fernandes"), words("Maria Ana_Rita Beatriz"), words("Paulo Rui Nuno"), []string{"pt", "fr"}, false},
	}
}

func words(s string) []string {
	list := strings.Fields(s)
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], "_", " ")
	}
	return list
}

func newDrawn(h *house, n int) *drawn {
	d := &drawn{rng: h.rng, n: n}
	all := origins()
	d.origin = all[0]
	if n%2 == 1 {
		d.origin = pick(d, all)
	}
	d.family = pick(d, d.origin.families)
	return d
}

func pick[T any](d *drawn, list []T) T { return list[d.rng.IntN(len(list))] }

// between draws a whole number from a to b, both included.
func (d *drawn) between(a, b int) int { return a + d.rng.IntN(b-a+1) }

func (d *drawn) birth(year int) string {
	return fmt.Sprintf("%04d-%02d-%02d", year, d.between(1, 12), d.between(1, 28))
}

func (d *drawn) woman(year int) casefile.NewPerson {
	return madame(someone(pick(d, d.origin.women), d.family, d.birth(year)))
}

func (d *drawn) man(year int) casefile.NewPerson {
	return monsieur(someone(pick(d, d.origin.men), d.family, d.birth(year)))
}

// adult draws a woman or a man.
func (d *drawn) adult(year int) casefile.NewPerson {
	if d.rng.IntN(2) == 0 {
		return d.woman(year)
	}
	return d.man(year)
}

// home gives an address, a phone kept for fiction and a safe channel.
func (d *drawn) home(p casefile.NewPerson) casefile.NewPerson {
	street := pick(d, []string{"rue des Tanneurs", "rue Haute", "avenue de la Gare", "rue du Rempart", "cité du Moulin", "quai Neuf", "allée des Saules", "rue des Lices", "place du Champ-de-Foire", "chemin des Écluses"})
	p = lives(p, strconv.Itoa(d.between(1, 58))+", "+street, d.origin.languages...)
	phone := fmt.Sprintf("06 39 98 %02d %02d", 10+d.n, d.between(10, 99))
	if d.n%5 == 0 {
		phone = fmt.Sprintf("02 61 91 %02d %02d", 10+d.n, d.between(10, 99))
	}
	by := pick(d, []casefile.Channel{casefile.ChannelCall, casefile.ChannelSMS, casefile.ChannelSMS, casefile.ChannelSMSNeutral, casefile.ChannelLetter})
	if d.n%5 == 0 {
		by = casefile.ChannelCall
	}
	return reach(p, phone, by, pick(d, []string{"", "", "le matin", "après 18 h", "sauf le mercredi"}))
}

func (d *drawn) seen(paper string) source { return seen(paper, d.between(2, 5), d.between(1, 28)) }
func (d *drawn) said() source             { return said(d.between(2, 5), d.between(1, 28)) }

// job draws a trade with its hours and net wage.
func (d *drawn) job(h *house, about core.ID) {
	j := pick(d, []struct {
		name  string
		hours float64
		net   float64
	}{
		{"agent d'entretien", 24, 950}, {"aide-soignante", 35, 1620}, {"caissier", 30, 1190}, {"serveuse", 35, 1410}, {"maçon", 39, 1690},
		{"agente administrative", 28, 1230}, {"chauffeur-livreur", 35, 1480}, {"ouvrier agricole", 35, 1400}, {"auxiliaire de vie", 26, 1080}, {"agente de sécurité", 35, 1530},
	})
	net := j.net + float64(d.between(-4, 8))*10
	since := pick(d, []string{"2023-01", "2023-01", "2023-01", "2024-04"})
	src := d.seen("bulletins de paie")
	if since != "2023-01" {
		h.noPay(about, "2023-01..2024-03", d.said())
		h.idle(about, d.said())
	}
	h.works(about, j.name, pick(d, []string{"cdi", "cdi", "cdd", "interim"}), j.hours, net, since, src)
	if d.rng.IntN(4) == 0 {
		h.pay(about, net+45, "2026-01", src)
	}
}

// roof draws a home.
func (d *drawn) roof(h *house, rooms int) {
	kind := pick(d, []string{"locataire_hlm", "locataire_hlm", "locataire_vide", "locataire_vide", "locataire_meuble"})
	rent := float64(180 + 95*rooms + d.between(0, 60))
	src := d.said()
	if d.rng.IntN(2) == 0 {
		src = d.seen("quittance de loyer")
	}
	h.rents(kind, rent, float64(20+12*rooms), rooms, pick(d, []string{"2023-01", "2022-06", "2020-09"}), src)
}

// stay gives the right to stay, or leaves it to be asked.
func (d *drawn) stay(h *house, about core.ID) {
	if d.origin.french || d.rng.IntN(3) == 0 {
		h.stays(about, "nationalite_francaise", d.said())
		return
	}
	switch d.rng.IntN(4) {
	case 0:
		h.stays(about, "carte_resident", d.seen("carte de résident"))
	case 1:
		h.stays(about, "carte_sejour", d.seen("carte de séjour"))
	case 2:
		h.silent(about, "titre_sejour", casefile.Refused, d.said())
	}
}

func (d *drawn) children(h *house, n, oldest int) []core.ID {
	var ids []core.ID
	for i := range n {
		year := oldest + i*d.between(1, 3)
		if year > 2025 {
			year = 2025
		}
		p := someone(pick(d, append(append([]string{}, d.origin.women...), d.origin.men...)), d.family, d.birth(year))
		id := h.child(p)
		ids = append(ids, id)
		if school := schoolOf(year); school != "" {
			h.fact(id, "scolarite", school, "2025-09", d.said())
		}
	}
	return ids
}

// schoolOf is where a child born that year goes in 2025-2026.
func schoolOf(year int) string {
	switch age := 2025 - year; {
	case age < 3:
		return ""
	case age < 6:
		return "maternelle"
	case age < 11:
		return "primaire"
	case age < 15:
		return "college"
	case age < 18:
		return "lycee"
	}
	return ""
}

// decisions draws what was decided about the two rights of every household.
func (d *drawn) decisions(h *house, children int) {
	if children > 1 && d.rng.IntN(3) > 0 {
		h.receives("af", core.Cents(15_225+20_000*(children-2)), date(2024, 1, 1), d.between(2, 5), d.between(1, 28))
	}
	switch d.rng.IntN(7) {
	case 0:
		h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.ToClaim})
	case 1:
		h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.Claimed})
	case 2:
		h.receives("aide_logement", core.Cents(18_000+100*d.between(0, 160)), date(2023, 9, 1), d.between(2, 5), d.between(1, 28))
	case 3:
		h.decide(casefile.DecisionInput{Right: "aide_logement", Kind: casefile.NotWanted, NonTakeUp: pick(d, casefile.NonTakeUps())})
	}
}

func drawnParent(h *house, d *drawn) {
	h.open(d.home(d.woman(d.between(1982, 1998))))
	n := d.between(1, 3)
	d.children(h, n, d.between(2010, 2019))
	d.job(h, "")
	d.roof(h, n+1)
	d.stay(h, "")
	if d.rng.IntN(4) > 0 {
		h.fact("", "pensions_alimentaires_percues", strconv.Itoa(10*d.between(0, 22)), "2023-01", d.said())
	}
	d.decisions(h, n)
}

func drawnCouple(h *house, d *drawn) {
	h.open(d.home(d.woman(d.between(1980, 1996))))
	n := d.between(0, 4)
	kids := d.children(h, n, d.between(2009, 2016))
	kind := pick(d, []casefile.CoupleKind{casefile.Married, casefile.Pacs, casefile.Cohabiting})
	him := h.partner(d.man(d.between(1976, 1995)), kind, date(d.between(2005, 2020), 6, 1), kids...)
	if d.rng.IntN(3) == 0 {
		h.idle("", d.said())
	} else {
		d.job(h, "")
	}
	d.job(h, him)
	d.roof(h, n+2)
	d.stay(h, "")
	d.stay(h, him)
	d.decisions(h, n)
}

func drawnAlone(h *house, d *drawn) {
	h.open(d.home(d.adult(d.between(1966, 1990))))
	d.job(h, "")
	d.roof(h, d.between(1, 2))
	d.stay(h, "")
	d.decisions(h, 0)
}

func drawnElder(h *house, d *drawn) {
	p := d.home(d.adult(d.between(1938, 1958)))
	if d.rng.IntN(3) == 0 { // born « vers » a year, as many papers say
		p.Birth = core.PartialDate{Year: p.Birth.Year}
	}
	h.open(p)
	h.retired("", float64(d.between(68, 140))*10, d.seen("relevé de retraite"))
	d.roof(h, 2)
	d.stay(h, "")
	d.decisions(h, 0)
}

func drawnYoung(h *house, d *drawn) {
	h.open(d.home(d.adult(d.between(2001, 2006))))
	if d.rng.IntN(2) == 0 {
		h.studies("", d.rng.IntN(2) == 0, d.seen("certificat de scolarité"))
	} else {
		h.unemployed("", 0, "2025-07", d.said())
		h.noPay("", "2023-01..2025-06", d.said())
		h.idle("", d.said())
	}
	d.roof(h, 1)
	d.stay(h, "")
	d.decisions(h, 0)
}

func drawnUnemployed(h *house, d *drawn) {
	h.open(d.home(d.adult(d.between(1964, 1992))))
	n := d.between(0, 2)
	d.children(h, n, d.between(2008, 2014))
	net := float64(d.between(120, 165)) * 10
	h.fact("", "activite", "actif", "2023-01", d.said())
	h.pay("", net, "2023-01..2025-04", d.seen("attestation de l'employeur"))
	h.unemployed("", net*0.62, "2025-05", d.seen("attestation France Travail"))
	d.roof(h, n+1)
	d.stay(h, "")
	d.decisions(h, n)
}

// drawnNewcomer is met once: nearly everything is still to be asked.
func drawnNewcomer(h *house, d *drawn) {
	p := d.adult(d.between(1985, 2004))
	p.Languages = d.origin.languages
	p.Birth = core.PartialDate{Year: p.Birth.Year, Month: p.Birth.Month}
	if !d.origin.french {
		p.Interpreter = casefile.InterpreterSpoken
	}
	p.Address = casefile.Address{NoFixed: true, City: "Valsèvre", Commune: commune}
	h.open(p)
	h.silent("", "activite", casefile.Unknown, d.said())
	if d.rng.IntN(2) == 0 {
		h.roof(someone(pick(d, d.origin.men), pick(d, d.origin.families), d.birth(1990)), false, core.Date{})
	}
}
