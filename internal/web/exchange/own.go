package exchange

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
)

// showOwn says to a person what the copy of their own file holds.
func (h *Handler) showOwn(w http.ResponseWriter, r *http.Request) error {
	return h.preview(w, r, core.ActorFrom(r.Context()).ID, exportView{})
}

// own gives it to them: the same copy as their team would, others masked alike.
func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	return h.take(w, r, core.ActorFrom(r.Context()).ID)
}
