// Package caseload holds the pages of who accompanies whom: the list of a worker
// and of their teams, one person's accompaniments over time, an accompaniment
// handed over, ended, begun again, and the cover of an absence.
package caseload

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of accompaniments.
type Handler struct {
	kit  *kit.Kit
	load *caseload.Service
}

// Register adds the routes of this area.
func Register(k *kit.Kit, load *caseload.Service) {
	h := &Handler{kit: k, load: load}
	k.Handle("GET /suivis", kit.Worker, h.list)
	k.Handle("GET /personnes/{id}/suivi", kit.Worker, h.showFollow)
	k.Handle("POST /personnes/{id}/suivi", kit.Worker, h.reopen)
	k.Handle("GET /personnes/{id}/suivi/fin", kit.Worker, h.showEnd)
	k.Handle("POST /personnes/{id}/suivi/fin", kit.Worker, h.end)
	k.Handle("GET /personnes/{id}/suivi/relais", kit.Worker, h.showHand)
	k.Handle("POST /personnes/{id}/suivi/relais", kit.Worker, h.hand)
	k.Handle("POST /personnes/{id}/suivi/relais/{transfer}", kit.Worker, h.withdraw)
	k.Handle("GET /relais", kit.Worker, h.showWaiting)
	k.Handle("POST /relais/{transfer}/oui", kit.Worker, h.accept)
	k.Handle("POST /relais/{transfer}/non", kit.Worker, h.decline)
	k.Handle("GET /absence", kit.Worker, h.showCover)
	k.Handle("POST /absence", kit.Worker, h.addCover)
	k.Handle("POST /absence/{cover}/fin", kit.Worker, h.endCover)
}

// option is one choice of a list.
type option struct{ Value, Label string }

// fileOf is the address of a person's file.
func fileOf(id core.ID) string { return "/personnes/" + string(id) }

// followOf is the address of a person's accompaniments.
func followOf(id core.ID) string { return fileOf(id) + "/suivi" }

// instant turns µs UTC into the day it is at the organisation's, none for 0.
func instant(r *http.Request, µs int64) core.Date {
	if µs == 0 {
		return core.Date{}
	}
	return core.DateOf(kit.Instant(kit.From(r.Context()), µs))
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// receiver says to whom an accompaniment goes: a colleague, or a team.
func receiver(p *i18n.Printer, t caseload.Transfer, names, teams map[core.ID]string) string {
	if t.ToWorker != "" {
		return p.T("caseload.to_worker", "worker", names[t.ToWorker], "team", teams[t.ToTeam])
	}
	return p.T("caseload.to_team", "team", teams[t.ToTeam])
}
