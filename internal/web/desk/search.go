package desk

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

func tagged(tag string) *i18n.Printer { return i18n.For(tag) }

// reasonNames lists why somebody came.
func reasonNames(p *i18n.Printer, one desk.Passage) []string {
	if len(one.Reasons) == 0 {
		return []string{p.T("desk.no_reason")}
	}
	names := make([]string, len(one.Reasons))
	for i, c := range one.Reasons {
		names[i] = p.T("desk.reason." + string(c))
	}
	return names
}

// searchView is the list of passages, chosen by dates and codes.
type searchView struct {
	Choices
	Form   *kit.Form
	Items  []line
	Next   string
	First  string
	States []option
}

func (h *Handler) search(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := desk.Filter{Reason: desk.Reason(q.Get("reason")), Language: q.Get("language"), Channel: desk.Channel(q.Get("channel")), State: desk.State(q.Get("state")), Nameless: q.Get("file") == "non"}
	for _, name := range []string{"from", "to", "reason", "language", "channel", "state", "file"} {
		form.Default(name, q.Get(name))
	}
	var wrong errs.Fields
	for field, to := range map[string]*core.Date{"from": &f.From, "to": &f.To} {
		if s := q.Get(field); s != "" {
			if *to, err = person.ReadDay(s); err != nil {
				wrong.Add(field, "web.form.day_shape")
			}
		}
	}
	var found desk.Found
	if err = wrong.Err(); err == nil {
		found, err = h.desks.Search(r.Context(), f, q.Get("apres"))
	}
	status := http.StatusOK
	p := printer(r)
	v := searchView{Choices: offered(p), Form: form, States: options(p, "desk.state.", []desk.State{desk.Waiting, desk.Received, desk.Finished, desk.Left, desk.Void})}
	if err != nil {
		typed := form.Values
		if form, err = h.kit.Refused(w, r, err); err != nil {
			return err
		}
		form.Values, v.Form, status = typed, form, http.StatusUnprocessableEntity
	}
	for _, one := range found.Items {
		v.Items = append(v.Items, lineOf(r, p, one, true))
	}
	more := func(after string) string {
		q := url.Values{}
		for _, name := range []string{"from", "to", "reason", "language", "channel", "state", "file"} {
			if s := form.Value(name); s != "" {
				q.Set(name, s)
			}
		}
		if after != "" {
			q.Set("apres", after)
		}
		return "/accueil/passages?" + q.Encode()
	}
	if found.Next != "" {
		v.Next = more(found.Next)
	}
	if q.Get("apres") != "" {
		v.First = more("")
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/search", Title: p.T("desk.search.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status})
}
