// Package talk holds the pages of the conversations to have: the list of a worker and
// of their teams, a right set aside for a while, the notice to the person and their
// objection, what an organisation may count, and another rule tried on a list.
//
// The list is by name or by last contact. Nothing here counts a worker, ranks people,
// or orders by an amount; an export of the list is left out on purpose: it is printed.
package talk

import (
	"embed"
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of conversations.
type Handler struct {
	kit   *kit.Kit
	cases *casefile.Service
	plans *plan.Service
	talks *talk.Service
	load  *caseload.Service
	words person.Words
}

// Register adds the routes of this area.
func Register(k *kit.Kit, cases *casefile.Service, talks *talk.Service, load *caseload.Service, words person.Words) {
	h := &Handler{kit: k, cases: cases, plans: plan.New(cases), talks: talks, load: load, words: words}
	k.Handle("GET /conversations", kit.Worker, h.list)
	k.Handle("POST /conversations/calcul", kit.Worker, h.run)
	k.Handle("GET /conversations/prevenir", kit.Worker, h.showUntold)
	k.Handle("POST /conversations/prevenir", kit.Worker, h.tellAll)
	k.Handle("GET /conversations/ensemble", kit.Worker, h.counts)
	k.Handle("GET /conversations/regle", kit.Worker, h.showTry)
	k.Handle("POST /conversations/regle", kit.Worker, h.try)
	k.Handle("POST /personnes/{id}/conversations/{right}/plan", kit.Worker, h.plan)
	k.Handle("GET /personnes/{id}/conversations/{right}/cote", kit.Worker, h.showAside)
	k.Handle("POST /personnes/{id}/conversations/{right}/cote", kit.Worker, h.setAside)
	k.Handle("POST /personnes/{id}/mis-de-cote/{pause}", kit.Worker, h.takeBack)
	k.Handle("GET /personnes/{id}/calculs", kit.Worker, h.showNotice)
	k.Handle("POST /personnes/{id}/calculs", kit.Worker, h.tell)
	k.Handle("POST /personnes/{id}/calculs/refus", kit.Worker, h.object)
	k.Handle("POST /personnes/{id}/calculs/accord", kit.Worker, h.lift)
	k.Handle("GET /moi/calculs", kit.PersonIn, h.showOwn)
	k.Handle("POST /moi/calculs/refus", kit.PersonIn, h.refuse)
	k.Handle("POST /moi/calculs/accord", kit.PersonIn, h.accept)
}

// option is one choice of a list.
type option struct{ Value, Label string }

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// dayOf turns µs UTC into the day it is at the organisation's, none for 0.
func dayOf(r *http.Request, µs int64) core.Date {
	if µs == 0 {
		return core.Date{}
	}
	return core.DateOf(kit.Instant(kit.From(r.Context()), µs))
}

// back is the list that a gesture came from, with its filters.
func back(r *http.Request) string { return backTo(r.PostForm.Get("suite")) }

// backTo is the address of the list under filters: of this page only, whatever was
// sent.
func backTo(filters string) string {
	q, err := url.ParseQuery(filters)
	if err != nil || len(q) == 0 {
		return "/conversations"
	}
	kept := url.Values{}
	for _, name := range filterNames() {
		if v := q.Get(name); v != "" && len(v) <= 512 {
			kept.Set(name, v)
		}
	}
	if len(kept) == 0 {
		return "/conversations"
	}
	return "/conversations?" + kept.Encode()
}
