package entry

import (
	"fmt"
	"html/template"
	"net/http"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// elsewhere is where somebody who leaves in haste lands: a page that anybody may be
// reading, outside Parvis.
const elsewhere = "https://meteofrance.com/"

// leaveQuickly closes the session and shows the weather. The browser is told to
// forget what it kept of Parvis; its history keeps that a page was open, which we
// cannot prevent and the person's page says. The policy of pages lets no form lead
// outside: the answer leads there by itself.
func (h *Handler) leaveQuickly(w http.ResponseWriter, r *http.Request) error {
	err := h.access.SignOut(r.Context(), kit.From(r.Context()).SessionToken())
	if err != nil && !errs.Is(err, errs.Unauthenticated) {
		return err
	}
	h.kit.SignOut(w, r)
	header := w.Header()
	header.Set("Clear-Site-Data", `"cache", "storage"`)
	header.Set("Refresh", "0; url="+elsewhere)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/html; charset=utf-8")
	v := kit.From(r.Context())
	title := template.HTMLEscapeString(v.T("web.frame.weather"))
	// Headers are gone: a client that left is no error of ours.
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="%s"><head><meta charset="utf-8"><title>%s</title></head><body><p><a href="%s">%s</a></p></body></html>`, v.P.Lang(), title, elsewhere, title)
	return nil
}
