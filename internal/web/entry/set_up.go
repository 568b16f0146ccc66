package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// enrolView is the page where somebody chooses a password and scans the second
// factor: the first start, or an invitation.
type enrolView struct {
	Form      *kit.Form
	Link      string // the link's secret, kept in the form
	Enrolment access.Enrolment
	Invite    access.InviteView
	Issuers   []issuer.Choice // by whom the invited may come in instead
}

func (h *Handler) showSetUp(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("org_place", "Europe/Paris")
	return h.renderSetUp(w, r, form, r.URL.Query().Get("jeton"), http.StatusOK)
}

func (h *Handler) renderSetUp(w http.ResponseWriter, r *http.Request, form *kit.Form, link string, status int) error {
	form.Again()
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	enrolment, err := h.access.OpenSetUp(r.Context(), link, browser)
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/set_up", Title: kit.From(r.Context()).T("web.set_up.title"), Sheet: "gate.css", Layout: kit.Gate, Status: status,
		View: enrolView{Form: form, Link: link, Enrolment: enrolment}, Script: true,
	})
}

func (h *Handler) setUp(w http.ResponseWriter, r *http.Request) error {
	link := r.PostForm.Get("lien")
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	v := r.PostForm
	session, err := h.access.SetUp(r.Context(), link, browser, access.SetUpForm{
		Organisation: access.Organisation{
			Name: v.Get("org_name"), Address: v.Get("org_address"), Phone: v.Get("org_phone"), Hours: v.Get("org_hours"), Place: v.Get("org_place"),
		},
		TeamName:   v.Get("team_name"),
		Worker:     access.Worker{Login: v.Get("login"), Name: v.Get("name"), Function: v.Get("function")},
		AcceptForm: acceptForm(r),
	}, kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderSetUp(w, r, form, link, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.set_up.done", Rest: "web.set_up.done_rest"})
	return h.enter(w, r, session, "/equipe")
}

func acceptForm(r *http.Request) access.AcceptForm {
	return access.AcceptForm{Password: secret.String(r.PostForm.Get("password")), Code: r.PostForm.Get("code")}
}
