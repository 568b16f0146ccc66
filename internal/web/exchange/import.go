package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/table"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// listView is the form to send a file and the imports made so far.
type listView struct {
	Form  *kit.Form
	Teams []access.Team
	Items []itemView
	Max   int // MB
	Rows  string
}

type itemView struct {
	ID          core.ID
	Name, State string
	Made, By    string
	Says        string
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderList(w, r, form, http.StatusOK)
}

func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	imports, err := h.imports.List(r.Context())
	if err != nil {
		return err
	}
	all, err := h.access.ListTeams(r.Context())
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	view := listView{Form: form, Max: table.MaxBytes >> 20, Rows: v.P.Number(table.MaxRows)}
	for _, t := range all {
		if v.Actor.InTeam(t.ID) {
			view.Teams = append(view.Teams, t)
		}
	}
	if len(view.Teams) > 0 {
		form.Default("team", string(view.Teams[0].ID))
	}
	for _, i := range imports {
		view.Items = append(view.Items, itemView{
			ID: i.ID, Name: i.Name, State: v.T("exchange.state." + string(i.State)), By: i.WorkerName,
			Made: v.P.Date(core.DateOf(time.UnixMicro(i.MadeAt).In(v.Place()))), Says: summary(v.P, i),
		})
	}
	return h.kit.Render(w, r, kit.Page{Template: "exchange/import", Title: v.T("exchange.import.title"), Nav: "people", Status: status, View: view})
}

// summary is what became of an import in one line.
func summary(p *i18n.Printer, i intake.Import) string {
	switch i.State {
	case intake.StateDone:
		return p.N("exchange.count.created", i.Count.Created) + " " + p.N("exchange.count.added", i.Count.Added)
	case intake.StateUndone:
		return p.N("exchange.count.removed", i.Count.Removed) + " " + p.N("exchange.count.kept", i.Count.Kept)
	}
	return p.N("exchange.count.rows", i.Count.Rows)
}

func (h *Handler) upload(w http.ResponseWriter, r *http.Request, up kit.Upload) error {
	id, err := h.keep(r, up)
	if err == nil {
		h.kit.Redirect(w, r, "/importer/"+string(id))
		return nil
	}
	form, rerr := h.kit.Refused(w, r, err)
	if rerr != nil {
		return rerr
	}
	form.Action = "/importer"
	return h.renderList(w, r, form, http.StatusUnprocessableEntity)
}

// keep reads the file and keeps its rows.
func (h *Handler) keep(r *http.Request, up kit.Upload) (core.ID, error) {
	onFile := func(key string, args ...any) error {
		return errs.Fields{errs.New(errs.Invalid, key, args...).On("file")}
	}
	switch {
	case up.TooLarge:
		return "", onFile("errs.exchange.too_large", "max", table.MaxBytes>>20)
	case len(up.Data) == 0:
		return "", onFile("errs.exchange.no_file")
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-r.Context().Done():
		return "", errs.Wrap(errs.Unavailable, "", r.Context().Err())
	}
	t, err := table.Read(up.Data)
	var no *table.Refusal
	if errors.As(err, &no) {
		return "", onFile("errs.exchange."+string(no.Code), "max", refusalLimit(no.Code))
	}
	if err != nil {
		return "", err
	}
	in := intake.Table{Name: up.Name, Format: string(t.Format), Encoding: t.Encoding, Separator: t.Separator, Date1904: t.Date1904,
		NoHeader: t.NoHeader, Header: t.Header}
	for _, row := range t.Rows {
		in.Rows = append(in.Rows, intake.Cells{Line: row.Line, Cells: row.Cells})
	}
	for _, p := range t.Problems {
		f := intake.Fault{Line: p.Line, Key: "errs.exchange.row_" + string(p.Code)}
		if p.Column > 0 {
			f.Column = table.ColumnName(p.Column - 1)
			if p.Column <= len(t.Header) {
				f.Column = t.Header[p.Column-1]
			}
		}
		in.Problems = append(in.Problems, f)
	}
	return h.imports.Start(r.Context(), core.ID(r.PostForm.Get("team")), in)
}

// refusalLimit is the number that the sentence of a refusal tells.
func refusalLimit(c table.Code) int {
	switch c {
	case table.TooManyRow:
		return table.MaxRows
	case table.TooManyCol:
		return table.MaxColumns
	}
	return table.MaxBytes >> 20
}

// importView is one import, whatever its state.
type importView struct {
	Form    *kit.Form
	I       intake.Import
	Title   string
	State   string
	Read    string // how the file was read
	Failed  string
	Done    int // percent
	Columns []columnView
	Fields  []group
	Months  string
	Counts  []string
	Known   []lineView
	Bad     []lineView
	Sample  []lineView
	MoreBad bool
	NextOf  string // address of the next page of known rows, "" on the last
	Nothing bool   // a confirmation would write nothing
	Kept    []casefile.Found
}

type columnView struct {
	Index  int
	Name   string
	Sample string
	Field  string
	Error  string
}

// group is one group of options.
type group struct {
	Label   string
	Options []option
}

type option struct{ Value, Label string }

type lineView struct {
	intake.Row
	Says  []string
	Born  string
	Known string
}

const (
	samples   = 5
	knownPage = 25
)

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	i, err := h.imports.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	form.Default("version", strconv.FormatInt(i.Version, 10))
	form.Values.Set("version", strconv.FormatInt(i.Version, 10))
	view := importView{Form: form, I: i, Title: p.T("exchange.import.of", "name", i.Name), State: p.T("exchange.state." + string(i.State)), Read: readAs(p, i)}
	if i.Failed != "" {
		view.Failed = p.Error(errs.New(errs.Invalid, i.Failed))
	}
	template := "exchange/progress"
	switch i.State {
	case intake.StateRead:
		template = "exchange/columns"
		err = h.fillColumns(r, &view)
	case intake.StateChecked:
		template = "exchange/check"
		err = h.fillCheck(r, &view)
	case intake.StateDone, intake.StateUndone:
		template = "exchange/done"
		err = h.fillDone(r, &view)
	default:
		view.fillProgress(p)
		// Without script: the browser asks again by itself; the page has a link too.
		w.Header().Set("Refresh", "2")
	}
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: template, Title: view.Title, Nav: "people", Status: status, View: view})
}

// readAs says how the file was understood, so that a wrong guess shows.
func readAs(p *i18n.Printer, i intake.Import) string {
	if i.Format == string(table.XLSX) {
		return p.T("exchange.import.read_xlsx")
	}
	return p.T("exchange.import.read_csv", "encoding", i.Encoding, "separator", p.T("exchange.separator."+separatorName(i.Separator)))
}

func separatorName(s string) string {
	switch s {
	case ";":
		return "semicolon"
	case ",":
		return "comma"
	case "\t":
		return "tab"
	}
	return "unusual"
}

func (v *importView) fillProgress(p *i18n.Printer) {
	c := v.I.Count
	part := c.Done
	switch v.I.State {
	case intake.StateChecking:
		part = c.Checked
	case intake.StateUndoing:
		part = c.Removed + c.Kept
	}
	if c.Rows > 0 {
		v.Done = min(100*part/c.Rows, 100)
	}
	v.Counts = []string{p.T("exchange.count.progress", "done", p.Number(int64(part)), "all", p.Number(int64(c.Rows)))}
}

func (h *Handler) fillColumns(r *http.Request, v *importView) error {
	p := printer(r)
	lines, err := h.imports.Rows(r.Context(), v.I.ID, intake.RowUnchecked, 0, 50)
	if err != nil {
		return err
	}
	for i, name := range v.I.Columns {
		c := columnView{Index: i, Name: name, Field: v.I.Fields[i], Error: v.Form.Error("column." + name)}
		if typed := v.Form.Nth("field", i); v.Form.Values.Has("field") {
			c.Field = typed
		}
		var seen []string
		for _, l := range lines {
			if i < len(l.Cells) && l.Cells[i] != "" && len(seen) < 3 {
				seen = append(seen, shorten(l.Cells[i]))
			}
		}
		c.Sample = strings.Join(seen, " · ")
		v.Columns = append(v.Columns, c)
	}
	fields := group{Label: p.T("exchange.columns.person")}
	for _, f := range intake.Fields() {
		fields.Options = append(fields.Options, option{f, p.T("exchange.field." + f)})
	}
	facts := map[casefile.Theme]*group{}
	v.Fields = []group{fields}
	for _, of := range h.cases.Variables() {
		g := facts[of.Theme]
		if g == nil {
			g = &group{}
			if key := "casefile.theme." + string(of.Theme); p.Has(key) {
				g.Label = p.T(key)
			}
			facts[of.Theme] = g
		}
		label := of.Name
		if key := "casefile.variable." + of.Name; p.Has(key) {
			label = p.T(key)
		}
		g.Options = append(g.Options, option{"fact:" + of.Name, label})
	}
	for _, theme := range casefile.Themes() {
		if g := facts[theme]; g != nil {
			v.Fields = append(v.Fields, *g)
		}
	}
	v.Form.Default("month", v.I.Month)
	return nil
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

func (h *Handler) fillCheck(r *http.Request, v *importView) error {
	p := printer(r)
	c := v.I.Count
	v.Counts = []string{p.N("exchange.count.to_create", c.Fresh), p.N("exchange.count.known", c.Known), p.N("exchange.count.bad", c.Bad), p.N("exchange.count.twice", c.Twice)}
	v.Nothing = c.Fresh+c.Same+c.Other == 0
	after, err := strconv.Atoi(r.URL.Query().Get("apres"))
	if err != nil || after < 0 {
		after = 0
	}
	known, err := h.imports.Rows(r.Context(), v.I.ID, intake.RowKnown, after, knownPage+1)
	if err != nil {
		return err
	}
	if len(known) > knownPage {
		known = known[:knownPage]
		v.NextOf = fmt.Sprintf("/importer/%s?apres=%d#connues", v.I.ID, known[knownPage-1].Line)
	}
	bad, err := h.imports.Rows(r.Context(), v.I.ID, intake.RowBad, 0, knownPage+1)
	if err != nil {
		return err
	}
	if v.MoreBad = len(bad) > knownPage; v.MoreBad {
		bad = bad[:knownPage]
	}
	fresh, err := h.imports.Rows(r.Context(), v.I.ID, intake.RowFresh, 0, samples)
	if err != nil {
		return err
	}
	v.Known, v.Bad, v.Sample = lineViews(p, known), lineViews(p, bad), lineViews(p, fresh)
	return nil
}

func lineViews(p *i18n.Printer, lines []intake.Row) []lineView {
	out := make([]lineView, 0, len(lines))
	for _, l := range lines {
		v := lineView{Row: l}
		if !l.Birth.IsZero() {
			v.Born = p.T("web.search.born", "date", l.Birth)
		}
		if l.Like != nil {
			v.Known = l.Like.Name
			if !l.Like.Birth.IsZero() {
				v.Known = p.T("exchange.check.named_born", "name", l.Like.Name, "born", p.T("web.search.born", "date", l.Like.Birth))
			}
		}
		for _, f := range l.Faults {
			v.Says = append(v.Says, sayFault(p, f))
		}
		out = append(out, v)
	}
	return out
}

// sayFault says what to correct: « Colonne Naissance : … »
func sayFault(p *i18n.Printer, f intake.Fault) string {
	say := p.Error(f.Sentence())
	if f.Column == "" {
		return say
	}
	return p.T("exchange.check.column_says", "column", f.Column, "says", say)
}

func (h *Handler) fillDone(r *http.Request, v *importView) error {
	p := printer(r)
	c := v.I.Count
	v.Counts = []string{p.N("exchange.count.created", c.Created), p.N("exchange.count.added", c.Added), p.N("exchange.count.skipped", c.Skipped), p.N("exchange.count.bad", c.Unwritten)}
	if v.I.State == intake.StateUndone {
		v.Counts = []string{p.N("exchange.count.removed", c.Removed), p.N("exchange.count.kept", c.Kept)}
		var err error
		v.Kept, err = h.imports.Kept(r.Context(), v.I.ID)
		return err
	}
	return nil
}
