package simulate

import (
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// resultView is what the answers say, as a sheet to print. It bears no name.
type resultView struct {
	Path     string
	State    []string
	Tag      string // of the page's language: the others are buttons
	Large    bool
	View     string // the gesture that shows this page again
	Title    string
	Made     string
	Month    string
	Due      []rightView
	Verify   []rightView
	Rest     []string // more to verify, by name alone
	Not      []string
	More     bool // questions are left that may change a verdict
	Finer    bool // questions are left that may make an amount surer
	Likely   bool // questions are left that very probably change nothing
	Precise  bool // such questions were being asked
	Supposed []string
	Stale    bool
	House    kit.House
}

// rightView is one right of the sheet.
type rightView struct {
	Name     string
	Sum      string
	Per      string
	Say      []person.Sentence
	Decides  string
	Missing  []string
	If       string   // the open fact that is contrasted
	Then     []string // what each answer to it would give
	Entails  []person.Sentence
	Counters []person.Sentence
}

// What one sheet holds.
const (
	maxVerify   = 6
	maxCounters = 2
	maxMissing  = 4
)

// results shows what the answers say so far.
func (h *Handler) results(w http.ResponseWriter, r *http.Request, s state, gesture string) error {
	v := kit.From(r.Context())
	p := v.P
	hidden, err := s.encode()
	if err != nil {
		return err
	}
	out := resultView{
		Path: path, State: hidden, Tag: p.Tag(), View: gesture, Large: gesture == large, House: h.kit.HouseOf(r), Month: p.Month(h.month()),
		Made: p.T("simulate.made", "date", p.Date(h.today())),
	}
	_, unfinished := h.fixedPage(p, s, newForm(nil))
	if !unfinished {
		step, err := h.next(r, s)
		if err != nil {
			return err
		}
		out.Likely = step.Unlikely()
		out.More = len(step.Questions) > 0 && !out.Likely
		out.Finer, out.Precise = !out.More && len(step.Amounts) > 0, s.Precise
		h.fill(p, s, &out, step)
	}
	out.More = out.More || unfinished
	out.Title = p.T("simulate.result.open")
	if len(out.Due) > 0 {
		out.Title = p.T("simulate.result.due")
	} else if len(out.Verify) == 0 && !out.More {
		out.Title = p.T("simulate.result.none")
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "simulate/result", Title: out.Title + " · " + v.T("simulate.title"), Sheet: "sheet.css", Public: true, View: out, OwnLang: true, Script: true,
	})
}

// fill sorts the rights: probably due, to verify, not this month; each in the
// order of the law.
func (h *Handler) fill(p *i18n.Printer, s state, out *resultView, step ask.Step) {
	for _, res := range step.Results {
		sheet, ok := h.words.Law.Right(res.Right)
		if !ok || res.Elsewhere {
			continue
		}
		out.Stale = out.Stale || len(res.Stale) > 0 && res.Verdict != rights.NotDue
		name := h.words.Name(p, res.Right)
		if res.Verdict == rights.NotDue {
			out.Not = append(out.Not, name)
			continue
		}
		one := rightView{Name: name, Decides: h.words.Decides(p, res.Right), Say: h.words.Easy(p, res.Right)}
		one.Sum, one.Per = h.sum(p, sheet, res)
		one.Counters = h.words.Counters(p, res.Right)
		one.Counters = one.Counters[:min(len(one.Counters), maxCounters)]
		one.Entails = h.words.Entails(p, res.Right)
		one.Missing = h.missing(p, s, res)
		one.If, one.Then = h.words.Contrasts(p, res.Right, res.Contrast)
		switch {
		case res.Verdict == rights.Probable:
			out.Due = append(out.Due, one)
		case len(out.Verify) < maxVerify:
			out.Verify = append(out.Verify, one)
		default:
			out.Rest = append(out.Rest, name)
		}
		for _, a := range res.Assumed {
			if label := person.Label(p, a.Variable); a.Presumed && a.Value.Kind == rights.KindNumber && a.Value.Number > 0 && !slices.Contains(out.Supposed, label) {
				out.Supposed = append(out.Supposed, label)
			}
		}
	}
}

// sum is the amount, or the range, of what reaches the account.
func (h *Handler) sum(p *i18n.Printer, sheet rights.Right, res rights.Result) (sum, per string) {
	pick := func(paid, plain *core.Cents) *core.Cents {
		if sheet.Paid != "" && paid != nil {
			return paid
		}
		return plain
	}
	amount, least, most := pick(res.Paid, res.Amount), pick(res.PaidMin, res.Min), pick(res.PaidMax, res.Max)
	switch {
	case res.Status == rights.Probable && amount != nil:
		return h.words.Sum(p, res.Right, *amount)
	case sheet.Per == rights.NoAmount:
		return "", ""
	case least != nil && most != nil && *most > 0 && *most > *least:
		return p.MoneyRange(*least, *most), h.words.Per(p, res.Right)
	}
	return "", ""
}

// missing names the facts that would settle a right, each once.
func (h *Handler) missing(p *i18n.Printer, s state, res rights.Result) []string {
	var list []string
	for _, m := range slices.Concat(res.Missing, res.Refused) {
		label := person.Label(p, m.Variable)
		if who := h.whose(p, s, m.Subject); who != "" {
			label = p.T("web.file.label_of", "label", label, "name", who)
		}
		if !slices.Contains(list, label) {
			list = append(list, label)
		}
	}
	if len(list) > maxMissing {
		list = append(list[:maxMissing-1], p.T("web.right.more_missing"))
	}
	return list
}
