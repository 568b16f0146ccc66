package person

import (
	"net/http"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/outlook"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// SheetView is the printed sheet: the person's, in their language, « vous ».
type SheetView struct {
	Back     string // where the bar above the paper leads
	BackName string
	Here     string // this sheet without its format
	Large    bool
	Name     string
	Title    string // « probable » is said only when something is
	Made     string
	Month    string
	Proposed []sheetRight
	Also     []sheetRight // proposed too, told in fewer words: the sheet stays short
	Received []string
	Open     []sheetRight
	Rest     []sheetRight // more to verify, by name alone: the sheet stays short
	Asked    []string     // claimed, waiting for an answer
	Nothing  bool
	Counters []Sentence
	Papers   []paper
	Ahead    *outlook.Ahead // the months to come; nil when they are not known
	House    kit.House
	Code     string
	Receipt  *printed.Receipt
	Mark     string    // the mark of the journal and where to verify it, "" when there is none
	Older    string    // said when the rights were calculated again since
	At       time.Time // when the sheet was made
	Tag      string
}

// All is everything proposed, for a sheet that tells each right in full.
func (v SheetView) All() []sheetRight { return slices.Concat(v.Proposed, v.Also) }

// sheetRight is one right on paper.
type sheetRight struct {
	Name    string
	Sum     string
	Per     string
	Say     []Sentence
	Decides string
	ToDo    string
}

func (h *Handler) makeSheet(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	m, err := parseMonth(r.PostForm.Get("mois"))
	if err != nil {
		m = 0
	}
	if m == 0 || m == h.cases.ThisMonth(r.Context()) {
		if err := h.lookAhead(r, id); err != nil {
			return err
		}
	}
	sheet, err := h.cases.MakeSheet(r.Context(), id, m)
	if errs.Is(err, errs.NotFound) && kit.Sentence(err) != nil && kit.Sentence(err).Key == "errs.casefile.never_computed" {
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "web.sheet.nothing_yet", Rest: "web.sheet.nothing_yet_rest"})
		h.kit.Redirect(w, r, path(id)+"#droits")
		return nil
	}
	if err != nil {
		return err
	}
	h.kit.Redirect(w, r, path(sheet.Person)+"/fiche/"+sheet.Code)
	return nil
}

// lookAhead computes the months to come when what is stored no longer speaks of the
// facts, so that the sheet of this month tells them. Whoever may print and not
// compute prints what is stored.
func (h *Handler) lookAhead(r *http.Request, id core.ID) error {
	o, err := h.months.Read(r.Context(), id)
	if err == nil && (o.Computed == 0 || o.Stale != casefile.Fresh) {
		err = h.months.Compute(r.Context(), id)
	}
	if errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound) {
		return nil // the sheet itself asks and answers
	}
	return err
}

func (h *Handler) showSheet(w http.ResponseWriter, r *http.Request) error {
	view, moved, err := h.readSheet(r)
	if err != nil {
		return err
	}
	if moved != "" {
		h.kit.Redirect(w, r, moved)
		return nil
	}
	return RenderSheet(h.kit, w, r, view.Tag, view)
}

// readSheet reads a sheet of rights by its code; moved is its address since a merge.
func (h *Handler) readSheet(r *http.Request) (view SheetView, moved string, err error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return view, "", err
	}
	sheet, err := h.cases.OpenSheet(r.Context(), r.PathValue("code"))
	if errs.Is(err, errs.Invalid) {
		return view, "", errs.Wrap(errs.NotFound, "", err)
	}
	if err != nil {
		return view, "", err
	}
	if sheet.Sheet.Person != id && sheet.PrintedAs == id {
		return view, path(sheet.Sheet.Person) + "/fiche/" + sheet.Code, nil
	}
	if sheet.Sheet.Person != id {
		return view, "", errs.New(errs.NotFound, "")
	}
	tag := sheetTag(r)
	p := i18n.For(tag)
	view = SheetView{
		Back: path(id), BackName: sheet.Person.DisplayName(), Here: path(id) + "/fiche/" + sheet.Code, Tag: tag,
		Name: sheet.Person.DisplayName(), House: h.kit.HouseOf(r), Code: sheet.Code, At: kit.Instant(kit.From(r.Context()), sheet.At),
	}
	if sheet.Mark != "" {
		view.Mark = p.T("proof.page.paper_line", "mark", printed.Foreign(p, sheet.Mark), "address", printed.Foreign(p, h.kit.Address(r, "/verifier")))
	}
	code, _ := casefile.NormalCode(sheet.Code)
	if view.Receipt, err = printed.ReceiptOf(r.Context(), h.receipts, code, sheet.Mark); err != nil {
		return view, "", err
	}
	day := p.Date(instant(r, sheet.At))
	view.Made = p.T("web.sheet.made", "name", view.Name, "date", day)
	if by := sheet.Names[sheet.By]; by != "" {
		view.Made = p.T("web.sheet.made_with", "name", view.Name, "date", day, "who", by)
	}
	if sheet.Older {
		view.Older = p.T("print.older", "date", day)
	}
	h.words.fillSheet(p, &view, sheet.Rights, sheet.Month)
	if sheet.Older || sheet.Month != h.cases.ThisMonth(r.Context()) {
		return view, "", nil // the months to come are no longer those of that day
	}
	o, err := h.months.Read(r.Context(), id)
	if err != nil {
		return view, "", err
	}
	view.Ahead = outlook.Tell(p, h.words, id, o)
	return view, "", nil
}

// RenderSheet shows a sheet as paper: normal, large print or easy read.
func RenderSheet(k *kit.Kit, w http.ResponseWriter, r *http.Request, tag string, view SheetView) error {
	view.Large = r.URL.Query().Get("format") == "grand"
	view.Tag = tag
	template := "person/sheet"
	if tag == i18n.EasyFrench {
		template = "person/sheet_easy"
	}
	return k.Render(w, r, kit.Page{
		Template: template, Title: view.Title + " · " + view.Name, Sheet: "sheet.css", Layout: kit.Bare, Tag: tag, View: view, Script: true,
	})
}

// sheetTag is the language of the paper: the one asked, else French.
func sheetTag(r *http.Request) string {
	if asked := r.URL.Query().Get("langue"); i18n.Known(asked) {
		return asked
	}
	return i18n.French
}

// What one page holds: the rest is on the right's own page.
// maxCards is how many rights have a frame of their own; those to verify beyond
// are a list of names to tick.
// Beyond maxWhole, what is proposed is told in fewer words.
const maxCounters, maxPapers, maxCards, maxWhole = 3, 8, 6, 4

// fillSheet puts rights on a sheet: what is proposed, received, open.
func (w Words) fillSheet(p *i18n.Printer, view *SheetView, lines []casefile.RightLine, month core.Month) {
	view.Month = p.Month(month)
	for _, l := range lines {
		switch {
		case l.Silenced():
			continue
		case decided(l.Decision) && l.Decision.Kind == casefile.Receives:
			amount := l.Decision.Amount
			if amount == 0 && l.Result != nil && l.Result.Status == casefile.Probable {
				amount = l.Result.Amount
			}
			if amount > 0 {
				view.Received = append(view.Received, p.T("web.sheet.receives_amount", "name", w.Name(p, l.Right), "amount", amount, "per", w.per(p, l.Right)))
			} else {
				view.Received = append(view.Received, w.Name(p, l.Right))
			}
			continue
		case decided(l.Decision) && l.Decision.Kind == casefile.Claimed:
			view.Asked = append(view.Asked, w.Name(p, l.Right))
			continue
		case l.Result == nil || l.Result.Status == casefile.NotDue:
			continue
		}
		s := sheetRight{Name: w.Name(p, l.Right), Decides: w.Decides(p, l.Right), Say: w.easy(p, l.Right)}
		if l.Result.Status == casefile.Probable {
			s.Sum, s.Per = w.sum(p, l.Right, l.Result.Amount)
			s.ToDo = p.T("web.sheet.to_claim")
			view.Proposed = append(view.Proposed, s)
		} else {
			if l.Result.Max > 0 {
				s.Sum, s.Per = p.MoneyRange(l.Result.Min, l.Result.Max), w.per(p, l.Right)
			}
			s.ToDo = p.T("web.sheet.to_verify")
			view.Open = append(view.Open, s)
		}
		if l.Result.Status != casefile.Probable && !decided(l.Decision) {
			continue
		}
		for _, c := range w.counters(p, l.Right) {
			if len(view.Counters) < maxCounters && !slices.Contains(view.Counters, c) {
				view.Counters = append(view.Counters, c)
			}
		}
		for _, x := range w.papers(p, l.Right) {
			if len(view.Papers) < maxPapers && !slices.ContainsFunc(view.Papers, func(y paper) bool { return y.Name == x.Name }) {
				view.Papers = append(view.Papers, x)
			}
		}
	}
	view.Title = p.T("web.sheet.title")
	if len(view.Proposed) == 0 {
		view.Title = p.T("web.sheet.title_open")
	}
	view.Nothing = len(view.Proposed)+len(view.Open)+len(view.Received)+len(view.Asked) == 0
	most := max(0, maxCards-len(view.Proposed))
	if len(view.Proposed) > maxWhole {
		view.Proposed, view.Also = view.Proposed[:maxWhole], view.Proposed[maxWhole:]
	}
	if len(view.Open) > most {
		view.Open, view.Rest = view.Open[:most], view.Open[most:]
	}
}

// Own makes the sheet of a person's own page from their file.
func Own(p *i18n.Printer, w Words, f *casefile.File) SheetView {
	view := SheetView{Name: f.Person.DisplayName()}
	w.fillSheet(p, &view, f.Rights, f.Month)
	return view
}
