package demo

import (
	"fmt"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// works is a job since a month, at a net monthly wage: what its pay slips say.
// Taxable and gross pay follow the usual shares of 2024 to 2026.
func (h *house) works(about core.ID, job, contract string, hours float64, net float64, since string, src source) {
	h.fact(about, "activite", "actif", since, src)
	h.fact(about, "metier", job, since, src)
	h.fact(about, "contrat_travail", contract, since, src)
	h.fact(about, "heures_semaine", plain(hours), since, src)
	h.pay(about, net, since, src)
}

func (h *house) pay(about core.ID, net float64, span string, src source) {
	gross := net / 0.785
	h.fact(about, "salaire_net", euros(net), span, src)
	h.fact(about, "salaire_imposable", euros(net+0.0285*gross), span, src)
	h.fact(about, "salaire_de_base", euros(gross), span, src)
}

// noPay says that there was no wage over a span.
func (h *house) noPay(about core.ID, span string, src source) {
	for _, v := range []string{"salaire_net", "salaire_imposable", "salaire_de_base"} {
		h.fact(about, v, "0", span, src)
	}
}

// unemployed looks for work since a month, with or without a benefit.
func (h *house) unemployed(about core.ID, benefit float64, since string, src source) {
	h.fact(about, "activite", "chomeur", since, src)
	h.fact(about, "date_debut_chomage", since+"-01", "", src)
	h.noPay(about, since, src)
	h.fact(about, "chomage_net", euros(benefit), since, src)
	h.fact(about, "chomage_imposable", euros(benefit*1.02), since, src)
}

// retired has a pension since a month.
func (h *house) retired(about core.ID, pension float64, src source) {
	h.fact(about, "activite", "retraite", "2023-01", src)
	h.fact(about, "retraite_nette", euros(pension), "2023-01", src)
	h.fact(about, "retraite_imposable", euros(pension*1.01), "2023-01", src)
	h.fact(about, "retraite_brute", euros(pension*1.07), "2023-01", src)
}

// idle neither works nor looks for work.
func (h *house) idle(about core.ID, src source) {
	h.fact(about, "activite", "inactif", "2023-01", src)
	h.fact(about, "pensions_invalidite", "0", "2023-01", src)
}

// studies since a month.
func (h *house) studies(about core.ID, grant bool, src source) {
	h.fact(about, "activite", "etudiant", "2023-01", src)
	h.fact(about, "boursier", strconv.FormatBool(grant), "2023-01", src)
	h.noPay(about, "2023-01", src)
}

// rents a home since a month.
func (h *house) rents(kind string, rent, charges float64, rooms int, since string, src source) {
	h.fact("", "statut_occupation_logement", kind, since, src)
	h.fact("", "loyer", euros(rent), since, src)
	h.fact("", "charges_locatives", euros(charges), since, src)
	h.fact("", "nombre_pieces", strconv.Itoa(rooms), since, src)
	h.town(since)
}

// town is the commune of the home.
func (h *house) town(since string) {
	h.fact("", "depcom", commune, since, said(6, 4))
}

// stays gives the right to stay of an adult, in people's words.
func (h *house) stays(about core.ID, title string, src source) {
	h.fact(about, "titre_sejour", title, "2023-01", src)
}

func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func euros(n float64) string { return fmt.Sprintf("%.2f", n) }

// receives notes a benefit already paid, seen on a statement of the CAF.
func (h *house) receives(right string, amount core.Cents, since core.Date, m, d int) {
	h.decide(casefile.DecisionInput{Right: right, Kind: casefile.Receives, Amount: amount, Since: since, Source: casefile.SourceDocument,
		Detail: "relevé CAF vu le " + day(m, d)})
}

func day(m, d int) string {
	return fmt.Sprintf("%d %s", d, []string{"janvier", "février", "mars", "avril", "mai", "juin"}[m-1])
}
