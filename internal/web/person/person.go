// Package person holds the pages of a person's file: finding somebody, opening a
// file, who they are and live with, their situation as dated facts, their rights
// and what they decided, the questions worth asking, the printed sheet.
package person

import (
	"embed"
	"net/http"
	"sync"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of a file.
type Handler struct {
	kit        *kit.Kit
	cases      *casefile.Service
	follow     *caseload.Service
	access     *access.Service
	words      Words
	notes      Section
	merges     *merge.Service
	plans      *plan.Service
	prints     *printout.Service
	receipts   printed.Receipts
	months     *months.Service
	trees      treeCache
	monthLists sync.Map // monthsKey → template.HTML
}

// Section is a part of the page of a file that another area reads with the file and
// shows, with the view of its template. rests is true when the person died.
type Section func(r *http.Request, file core.ID) (read casefile.Also, view func(rests bool) any)

// Register adds the routes of the files. notes is the view of "note/_latest".
func Register(k *kit.Kit, cases *casefile.Service, follow *caseload.Service, a *access.Service, words Words, prints *printout.Service, receipts printed.Receipts, notes Section, merges *merge.Service) {
	h := &Handler{kit: k, cases: cases, follow: follow, access: a, words: words, prints: prints, receipts: receipts, months: months.New(cases), notes: notes, merges: merges, plans: plan.New(cases)}
	k.Handle("GET /communes", kit.Worker, h.suggestCommunes)
	k.Handle("GET /personnes", kit.Worker, h.search)
	k.Handle("GET /personnes/nouvelle", kit.Worker, h.showCreate)
	k.Handle("POST /personnes/nouvelle", kit.Worker, h.create)
	k.Handle("GET /personnes/{id}", kit.Worker, h.show)
	k.Handle("GET /personnes/{id}/identite", kit.Worker, h.showEdit)
	k.Handle("POST /personnes/{id}/identite", kit.Worker, h.edit)
	k.Handle("GET /personnes/{id}/reunir", kit.Worker, h.showMerge)
	k.Handle("POST /personnes/{id}/reunir", kit.Worker, h.merge)
	k.Handle("GET /personnes/{id}/separer/{other}", kit.Worker, h.showUnmerge)
	k.Handle("POST /personnes/{id}/separer/{other}", kit.Worker, h.unmerge)
	k.Handle("GET /personnes/{id}/foyer", kit.Worker, h.showHousehold)
	k.Handle("POST /personnes/{id}/foyer", kit.Worker, h.addHuman)
	k.Handle("POST /personnes/{id}/foyer/depart", kit.Worker, h.leave)
	k.Handle("POST /personnes/{id}/foyer/separation", kit.Worker, h.endCouple)
	k.Handle("POST /personnes/{id}/foyer/demenagement", kit.Worker, h.move)
	k.Handle("GET /personnes/{id}/foyer/naissance", kit.Worker, h.showBirth)
	k.Handle("POST /personnes/{id}/foyer/naissance", kit.Worker, h.addBirth)
	k.Handle("GET /personnes/{id}/foyer/heberge", kit.Worker, h.showGuest)
	k.Handle("POST /personnes/{id}/foyer/heberge", kit.Worker, h.addGuest)
	k.Handle("GET /personnes/{id}/foyer/chez", kit.Worker, h.showHost)
	k.Handle("POST /personnes/{id}/foyer/chez", kit.Worker, h.goToHost)
	k.Handle("GET /personnes/{id}/faits", kit.Worker, h.listVariables)
	k.Handle("GET /personnes/{id}/faits/{variable}", kit.Worker, h.showFact)
	k.Handle("POST /personnes/{id}/faits/{variable}", kit.Worker, h.saveFact)
	k.Handle("GET /personnes/{id}/choisir", kit.Worker, h.showConflicts)
	k.Handle("POST /personnes/{id}/choisir", kit.Worker, h.chooseFact)
	k.Handle("GET /personnes/{id}/temps", kit.Worker, h.timeline)
	k.Handle("GET /personnes/{id}/question", kit.Worker, h.showQuestion)
	k.Handle("POST /personnes/{id}/question", kit.Worker, h.answer)
	k.Handle("POST /personnes/{id}/calcul", kit.Worker, h.recompute)
	k.Handle("GET /personnes/{id}/droits/{right}", kit.Worker, h.showRight)
	k.Handle("POST /personnes/{id}/droits/{right}", kit.Worker, h.decide)
	k.Handle("GET /personnes/{id}/droits/{right}/precisions", kit.Worker, h.showPrecise)
	k.Handle("POST /personnes/{id}/droits/{right}/precisions", kit.Worker, h.precise)
	h.registerPlan()
	h.registerPrint()
	k.Handle("POST /personnes/{id}/fiche", kit.Worker, h.makeSheet)
	k.Handle("GET /personnes/{id}/fiche/{code}", kit.Worker, h.showSheet)
}

// path is the address of a file's page.
func path(id core.ID) string { return "/personnes/" + string(id) }

// month reads ?mois=2026-05; 0 (this month) when it is absent or broken.
func month(r *http.Request) core.Month {
	m, err := parseMonth(r.URL.Query().Get("mois"))
	if err != nil {
		return 0
	}
	return m
}

// printer is the visitor's.
func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }
