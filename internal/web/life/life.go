// Package life holds the pages of what happens in a life and changes a file: a death
// recorded gently, and taken back when it was a mistake; a protected address, shown
// once to who needs it, with the reason.
package life

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of this area.
type Handler struct {
	kit    *kit.Kit
	cases  *casefile.Service
	deaths *death.Service
	words  person.Words
}

// Register adds the routes of this area.
func Register(k *kit.Kit, cases *casefile.Service, deaths *death.Service, words person.Words) {
	h := &Handler{kit: k, cases: cases, deaths: deaths, words: words}
	k.Handle("GET /personnes/{id}/deces", kit.Worker, h.showDeath)
	k.Handle("POST /personnes/{id}/deces", kit.Worker, h.recordDeath)
	k.Handle("POST /personnes/{id}/deces/erreur", kit.Worker, h.undoDeath)
	k.Handle("GET /personnes/{id}/adresse", kit.Worker, h.askAddress)
	k.Handle("POST /personnes/{id}/adresse", kit.Worker, h.showAddress)
}

func fileOf(id core.ID) string { return "/personnes/" + string(id) }

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }
