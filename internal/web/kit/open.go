package kit

import (
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// HandleOpen registers a page for anybody whose form changes nothing here: its
// answer is made of what was sent and of nothing else. It needs no token, so that
// the browser gets no cookie; it may be sent as often as one likes; its text is
// never kept. most bounds the form, in bytes.
func (k *Kit) HandleOpen(pattern string, most int64, h Handler) {
	k.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var err error
		if r.Method == http.MethodPost {
			err = k.parseForm(w, r, most)
		}
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			k.Fail(w, r, err)
		}
	})
}

// KeepLanguage answers in another language from now on: for a page whose form is
// all that it has, where a link would lose what was typed. An unknown tag changes
// nothing.
func (k *Kit) KeepLanguage(w http.ResponseWriter, r *http.Request, tag string) {
	if !i18n.Known(tag) {
		return
	}
	setCookie(w, r, cookieLang, tag, 365*24*time.Hour)
	From(r.Context()).P = i18n.For(tag)
}
