package kit

import (
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// keepAndSignIn answers a form sent after the session ended: its text is kept
// for the session's former holder, and the sign-in page leads back to it.
func (k *Kit) keepAndSignIn(w http.ResponseWriter, r *http.Request) error {
	v := From(r.Context())
	next := k.formPage(r)
	kept := false
	if owner := v.Info.Owner; v.Info.Expired && !owner.IsZero() {
		var err error
		if next, kept, err = k.keep(r, owner, next); err != nil {
			return err
		}
	}
	rest := "web.draft.sign_in_again"
	switch {
	case kept:
		rest = "web.draft.sign_in_text_waits"
	case v.session != "" && len(r.PostForm) > 0:
		rest = "web.draft.sign_in_text_not_kept"
	}
	k.SetFlash(w, r, Flash{Kind: FlashCalm, Bold: "web.draft.away", Rest: rest})
	http.Redirect(w, r, "/entrer?suite="+url.QueryEscape(next), http.StatusSeeOther)
	return nil
}

// keepStale answers a form whose token is of another session of the same
// browser (signed in again in another tab): the browser's own headers say that
// it comes from us, so the text is kept and shown again instead of refused.
func (k *Kit) keepStale(w http.ResponseWriter, r *http.Request, refusal error) error {
	v := From(r.Context())
	if r.Header.Get("Sec-Fetch-Site") != "same-origin" || v.Actor.IsZero() {
		return refusal
	}
	next, kept, err := k.keep(r, v.Actor, k.formPage(r))
	if err != nil {
		return err
	}
	if !kept {
		return refusal
	}
	http.Redirect(w, r, next, http.StatusSeeOther) // #nosec G710 -- an address of this site: kit.LocalPath
	return nil
}

// confirmPath is the page where somebody who is in proves who they are once more.
const confirmPath = "/confirmer"

// askAgain answers a grave gesture whose author's proof is old (access.Recent): the
// text is kept, and the page of the proof leads back to it.
func (k *Kit) askAgain(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost {
		var err error
		if next, _, err = k.keep(r, From(r.Context()).Actor, k.formPage(r)); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, confirmPath+"?suite="+url.QueryEscape(next), http.StatusSeeOther)
	return nil
}

// keep stores the form's text and returns the address that shows it again.
func (k *Kit) keep(r *http.Request, owner core.Actor, page string) (next string, kept bool, err error) {
	if k.Drafts == nil || len(r.PostForm) == 0 {
		return page, false, nil
	}
	fields := map[string][]string{}
	for name, values := range r.PostForm {
		if !secretField(name) && name != fieldToken && name != fieldOnce && name != fieldDraft {
			fields[name] = values
		}
	}
	id, err := k.Drafts.Keep(r.Context(), owner, page, fields)
	if errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Invalid) {
		return page, false, nil
	}
	if err != nil {
		return page, false, err
	}
	return DraftPath(page, id), true, nil
}

// secretField tells the fields that are never kept nor put back: passwords, the
// present one too, and codes.
func secretField(name string) bool {
	return strings.Contains(name, "password") || name == "current" || name == "code" || name == "pin" || name == "carte" || name == "reponse" || name == "etat"
}

// formPage is the page that shows the form: the address it was sent to when a
// GET answers there, else the page it was on, else the first one.
func (k *Kit) formPage(r *http.Request) string {
	probe := &http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host}
	if _, pattern := k.mux.Handler(probe); pattern != "/" && strings.HasPrefix(pattern, "GET ") {
		return LocalPath(r.URL.RequestURI())
	}
	if ref, err := url.Parse(r.Referer()); err == nil && ref.Host == r.Host {
		return LocalPath(ref.RequestURI())
	}
	return "/"
}

// LocalPath returns s when it is a path of this site, "/" otherwise: an address
// read from a form or a header must never lead elsewhere.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil ||
		!strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return s
}
