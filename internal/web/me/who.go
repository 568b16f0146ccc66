package me

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// whoView is who accompanies the person: now, soon, and how it ended.
type whoView struct {
	Now  []string
	News []string
	Ends []endView
}

// endView is an accompaniment that ended: what is left, whom to ask.
type endView struct{ Line, Remains, Who string }

// who reads who accompanies the person, in their words.
func (h *Handler) who(r *http.Request) (whoView, error) {
	var v whoView
	own, err := h.load.ReadOwn(r.Context())
	if err != nil {
		return v, err
	}
	visit := kit.From(r.Context())
	p := visit.P
	for _, c := range own.Cases {
		if name := own.Names[c.Referent]; name != "" {
			v.Now = append(v.Now, p.T("caseload.me_with", "worker", name, "team", own.TeamNames[c.Team]))
			continue
		}
		v.Now = append(v.Now, p.T("caseload.me_team", "team", own.TeamNames[c.Team]))
	}
	for _, t := range own.Transfers {
		to := p.T("caseload.to_team", "team", own.TeamNames[t.ToTeam])
		if t.ToWorker != "" {
			to = p.T("caseload.to_worker", "worker", own.Names[t.ToWorker], "team", own.TeamNames[t.ToTeam])
		}
		if t.State == caseload.Proposed {
			v.News = append(v.News, p.T("caseload.me_proposed", "worker", own.Names[t.ProposedBy], "to", to))
			continue
		}
		v.News = append(v.News, p.T("caseload.me_accepted", "worker", own.Names[t.AnsweredBy], "team", own.TeamNames[t.ToTeam],
			"date", p.Date(core.DateOf(kit.Instant(visit, t.AnsweredAt)))))
	}
	for _, e := range own.Closings {
		v.Ends = append(v.Ends, endView{Line: p.T("caseload.me_ended", "team", own.TeamNames[e.Team], "date", p.Date(e.ClosedOn)), Remains: e.Remains, Who: e.Who})
	}
	return v, nil
}
