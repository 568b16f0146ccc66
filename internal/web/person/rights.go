package person

import (
	"html"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// rightsView is the part « Droits ».
type rightsView struct {
	Month    core.Month
	Months   template.HTML // the options of the month's list
	Computed string        // « calcul du 11 juin, pour juin 2026 »
	Stale    string        // why it should be computed again, "" when it need not
	Cards    []rightCard
	NotDue   template.HTML // folded: nothing to decide about them today
	Unseen   template.HTML // folded: too little is known to speak of them yet
}

// rightCard is one right: proposed (dashed), open (a question), decided (solid).
type rightCard struct {
	Right   string
	Name    string
	Class   string // open, yes, off, done; "" = proposed
	Sum     string
	SumNote string
	Say     string
	Tag     tagView
	Decider string
	Why     *whyView
	Head    template.HTML // written by markup
	Foot    template.HTML
	Action  string
	Call    string
	After   core.ID // the decision the page shows
	Decided bool    // the row of choices is folded
	Ask     string  // address of the first question that would settle it
	AskText string
	Reopen  bool
	Href    string
	Month   string // ?mois=… when it is not this month's
	Entails bool   // asking for it is still ahead
	Over    bool   // the person died: nothing is decided any more
	Step    string // where to prepare the step that claims it, "" when there is nothing to prepare
}

// quietRight is a right that has no card: a line of a folded list.
type quietRight struct{ Right, Href, Name, Say string }

// tagView is the small outlined word on a card.
type tagView struct{ Class, Icon, Text string }

// whyView is the explanation under a card.
type whyView struct {
	Title   string
	Tree    []nodeView
	Settled bool // answers lack, and none of them can change the amount
	Open    bool
}

// monthsBack is how far the month's list goes: a backdated claim is the longest
// reason to look behind.
const monthsBack, monthsAhead = 24, 3

func (h *Handler) viewRights(r *http.Request, f *casefile.File, hidden template.HTML) (rightsView, error) {
	p := printer(r)
	v := rightsView{Month: f.Month}
	now := f.Today.CalendarMonth()
	v.Months = h.monthOptions(p, now, f.Month)
	if f.Computed != 0 {
		v.Computed = p.T("web.file.computed", "date", p.DayMonth(instant(r, f.Computed)), "month", p.Month(f.Month))
	} else {
		v.Computed = p.Month(f.Month)
	}
	if f.Stale != casefile.Fresh {
		v.Stale = p.T("web.file.stale_" + string(f.Stale))
	}
	explained, m, call := false, newMarkup(p, hidden), callName(p, f.Person.Title, f.Person.Identity)
	defer m.done()
	var notDue, unseen []quietRight
	v.Cards = make([]rightCard, 0, 12)
	for _, line := range sortRights(f.Rights) {
		card := h.viewCard(r, p, f, line, call)
		if card.Over = !f.Case.Died.IsZero(); card.Over {
			card.Ask = ""
		} else if decided(line.Decision) && line.Decision.Kind == casefile.ToClaim && !f.Plan.OpenFor(line.Right) {
			card.Step = path(f.Person.ID) + "/demarches/nouvelle?droit=" + line.Right
		}
		if !explained && f.Why != nil && f.Why.Right == line.Right {
			why, err := h.explain(p, f, *line.Result)
			if err != nil {
				return v, err
			}
			card.Why, explained = why, why != nil
		}
		if card.Class == "off" && !card.Reopen && line.Result == nil {
			continue // not computed: nothing to say of it
		}
		if card.Class == "off" && !card.Reopen {
			notDue = append(notDue, quietRight{card.Right, card.Href, card.Name, card.Say})
			continue
		}
		if h.unseen(line) {
			unseen = append(unseen, quietRight{card.Right, card.Href, card.Name, card.Say})
			continue
		}
		m.head(&card)
		card.Head = m.take()
		m.foot(&card)
		card.Foot = m.take()
		v.Cards = append(v.Cards, card)
	}
	m.notDue(notDue)
	v.NotDue = m.take()
	m.notDue(unseen)
	v.Unseen = m.take()
	return v, nil
}

// tooLittle is from how many questions left a right is not talked of yet.
const tooLittle = 4

// unseen tells whether so little is known that a card would say nothing: no
// decision, and many questions before the first answer.
func (h *Handler) unseen(line casefile.RightLine) bool {
	return line.Decision == nil && line.Result != nil && line.Result.Status == casefile.ToVerify && h.cases.Pages(line.Result.Missing) >= tooLittle
}

// monthsKey is a list of months with one chosen.
type monthsKey struct {
	tag         string
	now, chosen core.Month
}

// monthOptions is the list around a month, written once for each language and choice.
func (h *Handler) monthOptions(p *i18n.Printer, now, chosen core.Month) template.HTML {
	key := monthsKey{p.Tag(), now, chosen}
	if kept, ok := h.monthLists.Load(key); ok {
		return kept.(template.HTML)
	}
	list := monthOptions(p, now+monthsAhead, now-monthsBack, chosen)
	if now-monthsBack <= chosen && chosen <= now+monthsAhead { // no more than the list holds
		h.monthLists.Store(key, list)
	}
	return list
}

// monthOptions writes a list of months, the latest first: digits and the names of
// the catalogue only.
func monthOptions(p *i18n.Printer, latest, oldest, chosen core.Month) template.HTML {
	var b strings.Builder
	for m := latest; m >= oldest; m-- {
		b.WriteString(`<option value="` + m.String())
		if m == chosen {
			b.WriteString(`" selected>`)
		} else {
			b.WriteString(`">`)
		}
		b.WriteString(html.EscapeString(p.Month(m)) + "</option>")
	}
	return template.HTML(b.String()) // #nosec G203 -- every word above goes through html.EscapeString
}

// sortRights puts what is proposed first, then open questions, then what was
// decided, then what is not due; the engine's order inside each.
func sortRights(lines []casefile.RightLine) []casefile.RightLine {
	rank := func(l casefile.RightLine) int {
		switch {
		case l.Silenced():
			return 5
		case decided(l.Decision) && l.Decision.Kind == casefile.Receives:
			return 3
		case decided(l.Decision):
			return 2
		case l.Result == nil:
			return 6
		case l.Result.Status == casefile.Probable:
			return 0
		case l.Result.Status == casefile.ToVerify:
			return 1
		}
		return 4
	}
	out := slices.Clone(lines)
	slices.SortStableFunc(out, func(a, b casefile.RightLine) int { return rank(a) - rank(b) })
	return out
}

// decided tells whether a decision counts: a right reopened is open again.
func decided(d *casefile.Decision) bool { return d != nil && d.Kind != casefile.Reopened }

func (h *Handler) viewCard(r *http.Request, p *i18n.Printer, f *casefile.File, line casefile.RightLine, call string) rightCard {
	c := rightCard{
		Right: line.Right, Name: h.words.Name(p, line.Right), Decider: h.words.Decides(p, line.Right),
		Call: call, Href: path(f.Person.ID) + "/droits/" + line.Right, Entails: true,
	}
	c.Action = c.Href
	if f.Month != f.Today.CalendarMonth() {
		c.Month = f.Month.String()
		c.Href += "?mois=" + c.Month
	}
	if line.Decision != nil {
		c.After = line.Decision.ID
	}
	c.proposed(h.words, p, f, line)
	if decided(line.Decision) {
		c.Decided = true
		c.decided(h.words, r, p, line, f.Names)
	}
	return c
}

// proposed says what the calculation found.
func (c *rightCard) proposed(w Words, p *i18n.Printer, f *casefile.File, line casefile.RightLine) {
	res := line.Result
	if res == nil {
		c.Class, c.Say = "off", p.T("web.right.never")
		c.Tag = tagView{Icon: "calc", Text: p.T("web.right.tag_never")}
		return
	}
	switch res.Status {
	case casefile.Probable:
		c.Sum, c.SumNote = w.sum(p, line.Right, res.Amount)
		c.Say = p.T("web.right.probable", "month", p.Month(f.Month))
		c.Tag = tagView{Icon: "calc", Text: p.T("web.right.tag_proposed")}
	case casefile.ToVerify:
		c.Class = "open"
		if res.Max > 0 {
			c.Sum, c.SumNote = p.MoneyRange(res.Min, res.Max), w.per(p, line.Right)
		} else {
			c.SumNote = p.T("web.right.maybe")
		}
		c.Say = p.T("web.right.to_verify_bare")
		if len(res.Missing) > 0 {
			c.Say = p.T("web.right.to_verify", "what", missingList(p, res.Missing))
			c.Ask = questionPath(f.Person.ID, res.Missing[0].Variable+"."+string(res.Missing[0].Subject.ID))
			c.AskText = p.N("web.right.answer", len(res.Missing))
		}
		c.Tag = tagView{Class: "open", Icon: "ask", Text: p.N("web.right.tag_verify", len(res.Missing))}
	default:
		c.Class, c.SumNote = "off", p.T("web.right.not_due")
		c.Say = p.T("web.right.not_due_say", "month", p.Month(f.Month))
	}
}

// decided overlays what the person decided: the outline becomes solid and says
// who and when.
func (c *rightCard) decided(w Words, r *http.Request, p *i18n.Printer, line casefile.RightLine, names map[core.ID]string) {
	d := line.Decision
	day := p.DayMonth(instant(r, d.At))
	c.Tag = tagView{Class: "was", Icon: "check", Text: p.T("web.decided."+string(d.Kind), "date", day)}
	if name := names[d.By]; name != "" {
		c.Tag.Text = p.T("web.decided.by", "what", c.Tag.Text, "name", name)
	}
	switch d.Kind {
	case casefile.Receives:
		c.Class, c.Tag.Class, c.Entails = "yes", "yes", false
		if d.Amount > 0 {
			c.Sum, c.SumNote = p.Money(d.Amount), w.per(p, line.Right)
		}
		c.Say = p.T("web.right.received")
		if !d.Since.IsZero() {
			c.Say = p.T("web.right.received_since", "month", p.Month(d.Since.CalendarMonth()))
		}
		if line.Result != nil && line.Result.Status == casefile.Probable {
			if line.Result.Amount > 0 && (d.Amount == 0 || d.Amount == line.Result.Amount) {
				c.Say += " " + p.T("web.right.same_amount")
			} else if line.Result.Amount > 0 {
				c.Say += " " + p.T("web.right.other_amount", "amount", line.Result.Amount)
			}
		}
	case casefile.NotWanted:
		c.Ask = ""
		c.Class, c.Sum, c.SumNote, c.Reopen, c.Entails = "off", "", "", true, false
		c.Tag.Icon = "moon"
		c.Say = p.T("web.right.silenced", "who", c.Call)
	case casefile.ToClaim, casefile.Claimed, casefile.Contested, casefile.Reopened:
		c.Class = "done"
	}
}

// missingList names the facts that would settle a right, two at most: « activité,
// salaire net et d'autres points ».
func missingList(p *i18n.Printer, missing []casefile.Missing) string {
	names := make([]string, 0, 4)
	for i := 0; i < len(missing) && len(names) < 4; i++ {
		if label := lower(variableLabel(p, missing[i].Variable)); !slices.Contains(names, label) {
			names = append(names, label)
		}
	}
	if len(names) > 3 {
		names = append(names[:2], p.T("web.right.more_missing"))
	}
	return p.List(names)
}

// lower makes the first letter small, to put a label inside a sentence; an
// acronym keeps its capitals.
func lower(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if !unicode.IsUpper(first) || n == len(s) {
		return s
	}
	if second, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(second) {
		return s
	}
	return string(unicode.ToLower(first)) + s[n:]
}

// explain says the explanation that came with the file, for its card.
func (h *Handler) explain(p *i18n.Printer, f *casefile.File, result casefile.Result) (*whyView, error) {
	key := treeKey{result.Evaluation, result.Right, p.Tag(), f.Why.Hidden()}
	if why := h.trees.get(key); why != nil {
		return why, nil
	}
	explanation, err := f.Why.Explanation()
	if err != nil {
		return nil, err
	}
	e := casefile.Explained{Result: result}
	e.Detail.Explanation = explanation
	tree, settled := h.words.explained(p, e, humanNames(f), firstLevel)
	if len(tree) == 0 {
		return nil, nil
	}
	why := &whyView{Title: h.words.why(p, result.Right, e.Amount), Tree: tree, Settled: settled, Open: true}
	h.trees.put(key, why)
	return why, nil
}

func (h *Handler) recompute(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	m, err := parseMonth(r.PostForm.Get("mois"))
	if err != nil {
		m = 0
	}
	if err := h.cases.Recompute(r.Context(), id, m); err != nil {
		return err
	}
	if r.PostForm.Get("suite") == "question" {
		h.kit.Redirect(w, r, path(id)+"/question")
		return nil
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.file.recomputed"})
	to := path(id)
	if m != 0 {
		to += "?mois=" + m.String()
	}
	h.kit.Redirect(w, r, to+"#droits")
	return nil
}

// humanNames are the first names of the household, by id, for explanations.
func humanNames(f *casefile.File) map[string]string {
	names := make(map[string]string, len(f.Household.Humans))
	for id, h := range f.Household.Humans {
		names[string(id)] = firstName(h)
	}
	return names
}
