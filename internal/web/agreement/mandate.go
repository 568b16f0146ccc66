package agreement

import (
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// registerMandates adds the routes of mandates.
func (h *Handler) registerMandates() {
	h.kit.Handle("GET /personnes/{id}/mandats", kit.Worker, h.mandates)
	h.kit.Handle("GET /personnes/{id}/mandats/nouveau", kit.Worker, h.showMandate)
	h.kit.Handle("POST /personnes/{id}/mandats/nouveau", kit.Worker, h.giveMandate)
	h.kit.Handle("POST /personnes/{id}/mandats/{mandate}/{place}", kit.Worker, h.endProcedure)
	h.kit.Handle("GET /personnes/{id}/mandats/{mandate}/pdf", kit.Worker, h.mandatePDF)
	h.kit.Handle("GET /personnes/{id}/mandats/{mandate}/preuve", kit.Worker, h.mandateProof)
	h.kit.Handle("GET /moi/mandats", kit.PersonIn, h.ownMandates)
	h.kit.Handle("POST /moi/mandats/{mandate}/{place}", kit.PersonIn, h.endOwnProcedure)
}

// mandatesView is the mandates of a file.
type mandatesView struct {
	ID    core.ID
	Name  string
	Call  string
	Form  *kit.Form
	Live  []mandateView
	Past  []mandateView
	House kit.House
	// Prints begins the address of a mandate's paper.
	Prints string
}

// mandateView is one mandate.
type mandateView struct {
	ID         core.ID
	Dates      string
	By         string
	Measure    string
	Text       string
	Lang, Dir  string
	Procedures []procedureView
}

// procedureView is one procedure of it.
type procedureView struct {
	Place int
	Name  string
	Holds bool
	Ended string
}

func (h *Handler) viewMandates(r *http.Request, all agreement.Mandates) mandatesView {
	p := printer(r)
	view := mandatesView{ID: all.Person, Name: all.Identity.DisplayName(), Call: person.CallName(p, all.Identity), House: h.kit.HouseOf(r), Prints: "/personnes/" + string(all.Person) + "/mandats"}
	if kit.From(r.Context()).Actor.Kind == core.ActorPerson {
		view.Prints = "/moi/mandats"
	}
	for _, m := range all.List {
		say := i18n.For(m.Lang)
		v := mandateView{ID: m.ID, Dates: p.T("agreements.dates", "from", p.Date(m.From), "until", p.Date(m.Until)), Text: m.Text, Lang: say.Lang(), Dir: say.Dir(),
			By: p.T("agreements.given", "worker", all.Workers[m.GivenBy], "date", p.Date(day(r, m.GivenAt)))}
		if m.Measure != agreement.MeasureNone {
			v.Measure = p.T("agreements.measure_" + string(m.Measure))
			if m.Guardian != "" {
				v.Measure = p.T("agreements.measure_by", "measure", v.Measure, "guardian", m.Guardian)
			}
		}
		live := m.Live(all.Today)
		for i, pr := range m.Procedures {
			pv := procedureView{Place: i, Name: pr.Name, Holds: live && pr.EndedAt == 0}
			if pr.EndedAt != 0 {
				pv.Ended = p.T("agreements.procedure_ended", "date", p.Date(day(r, pr.EndedAt)))
			}
			v.Procedures = append(v.Procedures, pv)
		}
		if live {
			view.Live = append(view.Live, v)
		} else {
			view.Past = append(view.Past, v)
		}
	}
	return view
}

func (h *Handler) mandates(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	all, err := h.agreed.ReadMandates(r.Context(), id)
	if err != nil {
		return err
	}
	view := h.viewMandates(r, all)
	view.Form = form
	return h.kit.Render(w, r, kit.Page{Template: "agreement/mandates", Title: printer(r).T("agreements.mandates"), Sheet: "file.css", Nav: "people", View: view})
}

func (h *Handler) ownMandates(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	all, err := h.agreed.ReadMandates(r.Context(), kit.From(r.Context()).Actor.ID)
	if err != nil {
		return err
	}
	view := h.viewMandates(r, all)
	view.Form = form
	return h.kit.Render(w, r, kit.Page{Template: "agreement/ownmandates", Title: printer(r).T("agreements.mandates_mine"), Sheet: "file.css", Public: true, View: view})
}

// newMandateView is the form of one more.
type newMandateView struct {
	ID       core.ID
	Call     string
	Form     *kit.Form
	Rows     []int
	Terms    []option
	Measures []option
	Langs    []option
	Reads    []option
	Ways     []option // by which the person may receive a code to sign with
	Sent     bool     // one was just sent
}

const procedureRows = 5

func (h *Handler) showMandate(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("days", "31")
	form.Default("from", person.TypedDay(h.agreed.Today(r.Context())))
	form.Default("lang", printer(r).Tag())
	form.Default("read", string(agreement.ReadAloud))
	form.Default("signed", string(agreement.SignTyped))
	return h.renderMandate(w, r, form, http.StatusOK)
}

func (h *Handler) renderMandate(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	all, err := h.agreed.ReadMandates(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := newMandateView{ID: all.Person, Call: person.CallName(p, all.Identity), Form: form, Sent: r.PostForm.Get("envoyer") != ""}
	if view.Ways, err = h.waysToSign(r, all.Person); err != nil {
		return err
	}
	for i := range procedureRows {
		view.Rows = append(view.Rows, i)
	}
	for _, n := range agreement.Terms() {
		view.Terms = append(view.Terms, option{strconv.Itoa(n), p.N("agreements.term", n)})
	}
	for _, m := range agreement.Measures() {
		view.Measures = append(view.Measures, option{string(m), p.T("agreements.measure_" + string(m))})
	}
	for _, tag := range i18n.Tags() {
		view.Langs = append(view.Langs, option{tag, p.T("agreements.lang_" + strings.ReplaceAll(tag, "-", "_"))})
	}
	for _, how := range agreement.ReadHows() {
		view.Reads = append(view.Reads, option{string(how), p.T("agreements.read_" + string(how))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/mandate", Title: p.T("agreements.mandate_new"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) giveMandate(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if sent, err := h.sendCode(r, id); err != nil {
		return err
	} else if sent {
		form, err := h.kit.Typed(w, r)
		if err != nil {
			return err
		}
		form.Values.Set("signed", string(agreement.SignCode))
		return h.renderMandate(w, r, form, http.StatusOK)
	}
	v := r.PostForm
	days, err := strconv.Atoi(v.Get("days"))
	if err != nil {
		days = 0 // refused with the others
	}
	in := agreement.MandateInput{Procedures: v["procedures"], Days: days, Measure: agreement.Measure(v.Get("measure")), Guardian: v.Get("guardian"),
		GuardianMark: v.Get("guardian_mark"), Lang: v.Get("lang"), Read: agreement.ReadHow(v.Get("read")), Signed: agreement.SignHow(v.Get("signed")), Mark: markOf(v),
		Card: v.Get("carte"), PIN: secret.String(v.Get("pin")), Code: v.Get("code"), Client: kit.Client(r)}
	if in.From, err = person.ReadDay(v.Get("from")); err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("from")}
	} else {
		_, err = h.agreed.GiveMandate(r.Context(), id, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderMandate(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.mandate_saved", Rest: "agreements.mandate_saved_rest"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/mandats")
	return nil
}

// place is which procedure an address names.
func place(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.PathValue("place"))
	if err != nil {
		return 0, errs.Wrap(errs.NotFound, "errs.agreements.mandate_unknown", err)
	}
	return n, nil
}

func (h *Handler) endProcedure(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	return h.endPlace(w, r, id, "/personnes/"+string(id)+"/mandats")
}

func (h *Handler) endOwnProcedure(w http.ResponseWriter, r *http.Request) error {
	return h.endPlace(w, r, kit.From(r.Context()).Actor.ID, "/moi/mandats")
}

func (h *Handler) endPlace(w http.ResponseWriter, r *http.Request, person core.ID, back string) error {
	mandate, err := kit.PathID(r, "mandate")
	if err != nil {
		return err
	}
	n, err := place(r)
	if err != nil {
		return err
	}
	if err := h.agreed.EndProcedure(r.Context(), person, mandate, n); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.procedure_stopped"})
	h.kit.Redirect(w, r, back)
	return nil
}

// findMandate reads one mandate of a file.
func (h *Handler) findMandate(r *http.Request) (agreement.Mandate, agreement.Mandates, error) {
	var none agreement.Mandate
	id, err := fileID(r)
	if err != nil {
		return none, agreement.Mandates{}, err
	}
	which, err := kit.PathID(r, "mandate")
	if err != nil {
		return none, agreement.Mandates{}, err
	}
	all, err := h.agreed.ReadMandates(r.Context(), id)
	if err != nil {
		return none, all, err
	}
	for _, m := range all.List {
		if m.ID == which {
			return m, all, nil
		}
	}
	return none, all, errs.New(errs.NotFound, "errs.agreements.mandate_unknown")
}

// mandatePDF is the mandate on paper, with its signed facts in a QR code.
func (h *Handler) mandatePDF(w http.ResponseWriter, r *http.Request) error {
	m, all, err := h.findMandate(r)
	if err != nil {
		return err
	}
	p := i18n.For(m.Lang)
	return h.signedPDF(w, r, "mandat", signedPaper{Title: p.T("agreements.mandate_title"), Lead: p.T("agreements.mandate_who", "name", all.Identity.DisplayName(), "house", all.House),
		Text: m.Text, How: p.T("agreements.read_"+string(m.Read)) + " " + signedHow(p, m.Signed, m.Mark), State: stateOfMandate(r, p, m, all.Today), Document: m.Document, Lang: m.Lang, At: m.GivenAt})
}

// stateOfMandate says on paper where each procedure stands the day it is printed: one
// taken back is not shown to anybody as holding.
func stateOfMandate(r *http.Request, p *i18n.Printer, m agreement.Mandate, today core.Date) []pdf.Row {
	var rows []pdf.Row
	for _, pr := range m.Procedures {
		says := p.T("agreements.state_live")
		switch {
		case pr.EndedAt != 0:
			says = p.T("agreements.procedure_ended", "date", p.Date(day(r, pr.EndedAt)))
		case m.Until.Before(today):
			says = p.T("agreements.state_over")
		case today.Before(m.From):
			says = p.T("agreements.state_coming")
		}
		rows = append(rows, pdf.Row{Label: pr.Name, Text: says, Note: p.T("agreements.as_of", "date", p.Date(today))})
	}
	return rows
}

// mandateProof is the signed text, for « parvis verify ».
func (h *Handler) mandateProof(w http.ResponseWriter, r *http.Request) error {
	m, _, err := h.findMandate(r)
	if err != nil {
		return err
	}
	return sendFile(w, "text/plain; charset=utf-8", "mandat.txt", []byte(agreement.WithText(m.Document, m.Text)))
}
