package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// enterWorker opens the demo as a worker, without a password.
func (h *Handler) enterWorker(w http.ResponseWriter, r *http.Request) error {
	return h.enterDemo(w, r, h.demo.Worker)
}

// enterPerson opens the demo as a person accompanied.
func (h *Handler) enterPerson(w http.ResponseWriter, r *http.Request) error {
	return h.enterDemo(w, r, h.demo.Person)
}

func (h *Handler) enterDemo(w http.ResponseWriter, r *http.Request, who func(*http.Request) (access.DemoVisitor, error)) error {
	visitor, err := who(r)
	if err != nil {
		return err
	}
	token, err := h.access.DemoEnter(r.Context(), visitor, kit.Client(r))
	if err != nil {
		return err
	}
	return h.enter(w, r, token, "/")
}
