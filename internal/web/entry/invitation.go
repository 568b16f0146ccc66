package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

func (h *Handler) showInvitation(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderInvitation(w, r, form, r.URL.Query().Get("jeton"), http.StatusOK)
}

func (h *Handler) renderInvitation(w http.ResponseWriter, r *http.Request, form *kit.Form, link string, status int) error {
	form.Again()
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	invite, err := h.access.OpenInvite(r.Context(), link, browser)
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/invitation", Title: kit.From(r.Context()).T("web.invitation.title"), Sheet: "gate.css", Layout: kit.Gate, Status: status,
		View: enrolView{Form: form, Link: link, Enrolment: invite.Enrolment, Invite: invite, Issuers: h.issuers.Choices(issuer.Workers)}, Script: true,
	})
}

func (h *Handler) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	link := r.PostForm.Get("lien")
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	session, err := h.access.AcceptInvite(r.Context(), link, browser, acceptForm(r), kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderInvitation(w, r, form, link, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.invitation.done"})
	return h.enter(w, r, session, "/")
}
