package api

import (
	"embed"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// startView is the page that says how to begin.
type startView struct {
	Example  string // a command
	Document string // address of the OpenAPI document
	Paths    []startPath
}

// startPath is one address of the document.
type startPath struct{ Method, Path string }

func (h *Handler) start(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	view := startView{Document: base + "/openapi.json", Example: `curl -H "Authorization: Bearer parvis_…" "` + h.kit.Address(r, base+"/persons?q=haddad") + `"`}
	doc := h.huma.OpenAPI()
	for _, path := range sortedPaths(doc) {
		item := doc.Paths[path]
		if item.Get != nil {
			view.Paths = append(view.Paths, startPath{http.MethodGet, path})
		}
		if item.Post != nil {
			view.Paths = append(view.Paths, startPath{http.MethodPost, path})
		}
		if item.Put != nil {
			view.Paths = append(view.Paths, startPath{http.MethodPut, path})
		}
		if item.Delete != nil {
			view.Paths = append(view.Paths, startPath{http.MethodDelete, path})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "api/start", Title: v.T("api.start.title"), Sheet: "gate.css", Layout: kit.Gate, View: view})
}

func sortedPaths(doc *huma.OpenAPI) []string { return slices.Sorted(maps.Keys(doc.Paths)) }
