package today

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// hand is an accompaniment that somebody proposes.
type hand struct{ Name, From string }

// cover is what the worker looks after while a colleague is away.
type cover struct {
	ID    core.ID
	Title string // « En l'absence d'Hugo Lantier, jusqu'au 20 juin »
	Due   []dueLine
}

// relief reads what colleagues hand to the worker: accompaniments to answer, and
// the due dates of those away.
func (h *Handler) relief(r *http.Request, out *view) error {
	v := kit.From(r.Context())
	waiting, err := h.load.Waiting(r.Context())
	if err != nil {
		return err
	}
	for _, t := range waiting.Received {
		out.Hands = append(out.Hands, hand{Name: t.Name, From: waiting.Names[t.ProposedBy]})
	}
	due, names, err := h.load.CoveredDeadlines(r.Context())
	if err != nil {
		return err
	}
	place := map[core.ID]int{}
	for _, d := range due {
		at, known := place[d.Worker]
		if !known {
			at = len(out.Covers)
			place[d.Worker] = at
			out.Covers = append(out.Covers, cover{ID: d.Worker, Title: v.T("caseload.today_cover", "worker", names[d.Worker], "date", v.P.DayMonth(d.Until))})
		}
		out.Covers[at].Due = append(out.Covers[at].Due, dueLine{
			Href: "/personnes/" + string(d.Person) + "/demarches/" + string(d.Step), Title: d.Title, Name: d.Name,
			Day: strconv.Itoa(d.DueOn.Day), Month: v.P.MonthName(d.DueOn.CalendarMonth()), Past: d.Past})
	}
	return nil
}
