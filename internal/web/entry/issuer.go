package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Leaving an issuer after leaving here: the address waits in a sealed cookie.
const (
	leavePurpose = "leave v1"
	leavePath    = "/sortir/ailleurs"
)

// site is the address of this installation: the configured one, else the one that
// the browser shows.
func (h *Handler) site(r *http.Request) string {
	if configured := h.keys.Configured(); configured != "" {
		return configured
	}
	return kit.Origin(r)
}

func (h *Handler) back(r *http.Request) string {
	return h.site(r) + "/entrer/retour/" + r.PathValue("fournisseur")
}

// goElsewhere leads to an issuer. It is a link, not a form: a form may lead nowhere
// else (form-action).
func (h *Handler) goElsewhere(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	purpose, token := issuer.Enter, q.Get("jeton")
	switch {
	case q.Get("pour") == "lier":
		purpose, token = issuer.Link, q.Get("page")
	case q.Get("pour") == "confirmer":
		purpose = issuer.Prove
	case q.Get("jeton") != "":
		purpose = issuer.Accept
	}
	to, carried, err := h.issuers.Begin(r.Context(), r.PathValue("fournisseur"), purpose, browser, h.back(r), kit.LocalPath(q.Get("suite")), token)
	if err != nil {
		return err
	}
	h.kit.SetStep(w, r, carried)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther) // #nosec G710 -- the issuer's own address, from its discovery document
	return nil
}

// comeBack reads what the issuer answered.
func (h *Handler) comeBack(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	done, err := h.issuers.Finish(r.Context(), r.PathValue("fournisseur"), browser, h.kit.Step(r), h.back(r), r.URL.Query(), kit.Client(r))
	if err != nil {
		said := kit.Sentence(err)
		if said == nil || errs.Is(err, errs.Internal) || errs.Is(err, errs.TooMany) {
			return err
		}
		to := "/entrer"
		switch {
		case done.Purpose == issuer.Link:
			to = keysPage(done)
		case done.Purpose == issuer.Prove:
			to = "/confirmer"
		case done.Persons:
			to = "/carte"
		}
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashBad, Bold: "signin.issuer.failed", Rest: failure(said.Key)})
		h.kit.Redirect(w, r, to)
		return nil
	}
	switch done.Purpose {
	case issuer.Link:
		h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.issuer.linked"})
		h.kit.Redirect(w, r, keysPage(done))
		return nil
	case issuer.Prove:
		h.kit.SignIn(w, r, done.Token)
		h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.confirm.done", Rest: "signin.confirm.done_rest"})
		h.kit.Redirect(w, r, kit.LocalPath(done.Next))
		return nil
	}
	return h.enter(w, r, done.Token, done.Next)
}

// keysPage is where somebody looks after the accounts they linked.
func keysPage(d issuer.Done) string {
	if d.Persons {
		return "/moi/cles-d-acces"
	}
	return "/compte/cles-d-acces"
}

// failure is the sentence of a failure that needs no argument; the others have the
// one of a refusal.
func failure(key string) string {
	switch key {
	case "errs.signin.issuer_unknown", "errs.signin.issuer_nobody", "errs.signin.issuer_taken", "errs.signin.again", "errs.signin.closed", "access.error.link":
		return key
	case "errs.signin.issuer_down":
		return "signin.issuer.down"
	}
	return "errs.signin.issuer_refused"
}

// leaveElsewhere leads to where the issuer's own session ends.
func (h *Handler) leaveElsewhere(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	var to string
	if err := h.access.OpenState(leavePurpose, browser, h.kit.Step(r), &to); err != nil {
		h.kit.Redirect(w, r, "/entrer")
		return nil
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
