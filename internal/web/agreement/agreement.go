// Package agreement holds the pages of what people agreed to: the agreements of a file,
// one more with its preview, what a partner team sees, and the person's own list.
package agreement

import (
	"embed"
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of agreements.
type Handler struct {
	kit    *kit.Kit
	agreed *agreement.Service
	codes  *code.Service
	words  person.Words
}

// Register adds the routes of this area.
func Register(k *kit.Kit, agreed *agreement.Service, codes *code.Service, words person.Words) {
	h := &Handler{kit: k, agreed: agreed, codes: codes, words: words}
	k.Handle("GET /personnes/{id}/accords", kit.Worker, h.list)
	k.Handle("GET /personnes/{id}/accords/nouveau", kit.Worker, h.showGive)
	k.Handle("POST /personnes/{id}/accords/nouveau", kit.Worker, h.give)
	k.Handle("GET /personnes/{id}/accords/{agreement}", kit.Worker, h.show)
	k.Handle("POST /personnes/{id}/accords/{agreement}", kit.Worker, h.revoke)
	k.Handle("GET /partages", kit.Worker, h.ours)
	k.Handle("GET /partages/{agreement}", kit.Worker, h.shared)
	k.Handle("GET /partages/{agreement}/copie", kit.Worker, h.copy)
	k.Handle("GET /partages/{agreement}/copie/pdf", kit.Worker, h.copyPDF)
	k.Handle("GET /moi/accords", kit.PersonIn, h.own)
	k.Handle("POST /moi/accords/{agreement}", kit.PersonIn, h.revokeOwn)
	k.Handle("GET /moi/partages/{agreement}", kit.PersonIn, h.sharedWithMe)
	h.registerOutside()
	h.registerMandates()
	h.registerPapers()
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// fileOf is the address of a person's agreements.
func fileOf(id core.ID) string { return "/personnes/" + string(id) + "/accords" }

// option is one choice of a list.
type option struct {
	Value, Label string
}

// day is the day of an instant at the organisation's.
func day(r *http.Request, µs int64) core.Date {
	return core.DateOf(kit.Instant(kit.From(r.Context()), µs))
}

// partsOf are the sections of a file that a category shares.
func partsOf(c access.Category) []string {
	switch c {
	case access.Identity, access.Vital:
		return []string{"identity"}
	case access.Household:
		return []string{"household"}
	case access.Situation:
		return []string{"facts"}
	case access.Rights:
		return []string{"rights", "decisions"}
	case access.Plan:
		return []string{"said", "plan"}
	}
	return nil
}

// sections are what is shared, in sentences: the preview and the partner's page show the
// same.
func (h *Handler) sections(r *http.Request, p *i18n.Printer, s agreement.Shared) []dossier.Section {
	var parts []string
	for _, c := range s.Categories {
		parts = append(parts, partsOf(c)...)
	}
	words := dossier.Words{
		Right: func(right string) string { return h.words.Name(p, right) }, Org: h.kit.HouseOf(r).Org, Place: kit.From(r.Context()).Place(), Printer: p,
	}
	var out []dossier.Section
	for _, sec := range dossier.Sections(s.Dossier, words) {
		if slices.Contains(parts, sec.Part) {
			out = append(out, sec)
		}
	}
	return out
}

// categories says categories in words.
func categories(p *i18n.Printer, list []access.Category) string {
	var words []string
	for _, c := range agreement.Categories() {
		if slices.Contains(list, c) {
			words = append(words, p.T("agreements.category_"+string(c)))
		}
	}
	return p.List(words)
}
