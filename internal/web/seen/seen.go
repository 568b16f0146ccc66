// Package seen holds the pages where a person reads who did what with their file,
// on which day and why, the same on paper, and where an organisation says whom
// these pages call by name.
package seen

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
	"codeberg.org/parvis/parvis/rights"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages.
type Handler struct {
	kit     *kit.Kit
	journal *journal.Service
	access  *access.Service
	papers  printed.Receipts
}

// Register adds the routes.
func Register(k *kit.Kit, s *journal.Service, a *access.Service, papers printed.Receipts) {
	h := &Handler{kit: k, journal: s, access: a, papers: papers}
	k.Handle("GET /moi/vu", kit.PersonIn, h.own)
	k.Handle("GET /moi/vu/{month}", kit.PersonIn, h.own)
	k.Handle("GET /moi/vu/{month}/verifier", kit.PersonIn, h.verify)
	k.Handle("GET /moi/preuve/{tree}/{line}", kit.PersonIn, h.proof)
	k.Handle("GET /moi/vu/{month}/papier", kit.PersonIn, h.ownPaper)
	k.Handle("GET /moi/vu/{month}/papier/pdf", kit.PersonIn, h.ownPDF)
	k.Handle("GET /personnes/{id}/vu", kit.Worker, h.paper)
	k.Handle("GET /personnes/{id}/vu/{month}", kit.Worker, h.paper)
	k.Handle("GET /personnes/{id}/vu/{month}/pdf", kit.Worker, h.pdf)
	k.Handle("GET /equipe/noms", kit.Worker, h.showNaming)
	k.Handle("POST /equipe/noms", kit.Worker, h.saveNaming)
}

// view is the page of a month.
type view struct {
	Title         string
	Days          []dayView
	Before, After *monthLink
	Rule          string // whom the page names
	Paper         string // address of the same on paper
	Verify        string // address where its lines are verified
	House         kit.House
}

type monthLink struct{ Href, Name string }

type dayView struct {
	Date     string
	Lines    []lineView
	Glimpses []string // who met the name in a list
}

type lineView struct {
	Icon string
	Mine bool
	Who  string   // in bold
	Did  string   // the rest of the sentence
	Acts []string // what they did, when it is too much for one sentence
	Why  string
	Stop bool // a run over the rights, which the person may have stopped

	as, did string // the same for a paper: what they are, and what they did
}

// askedMonth is the month of the address, zero for this one.
func askedMonth(r *http.Request) (core.Month, error) {
	asked := r.PathValue("month")
	if asked == "" {
		return 0, nil
	}
	m, err := rights.ParseMonth(asked)
	if err != nil {
		return 0, errs.Wrap(errs.NotFound, "seen.error.month", err)
	}
	return m, nil
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	month, err := askedMonth(r)
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	m, err := h.journal.Read(r.Context(), v.Actor.ID, month)
	if err != nil {
		return err
	}
	p := v.P
	link := func(m core.Month) *monthLink {
		return &monthLink{Href: "/moi/vu/" + m.String(), Name: kit.Capital(p.Month(m))}
	}
	out := view{Title: kit.Capital(p.Month(m.Month)), Rule: p.T("seen.rule." + string(m.Rule)), Paper: "/moi/vu/" + m.Month.String() + "/papier", Verify: "/moi/vu/" + m.Month.String() + "/verifier", House: h.kit.HouseOf(r)}
	if m.Month > m.First {
		out.Before = link(m.Month - 1)
	}
	if m.Month < m.Last {
		out.After = link(m.Month + 1)
	}
	for _, d := range m.Days {
		out.Days = append(out.Days, dayOf(p, out.House, d))
	}
	return h.kit.Render(w, r, kit.Page{Template: "seen/seen", Title: p.T("seen.title"), Sheet: "mine.css", Public: true, View: out})
}
