package desk

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/interop/table"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// figuresView is a year in figures.
type figuresView struct {
	Year   int
	Years  []option
	Tables []figureTable
	Small  string
}

// figureTable is one table, with what it counts said in words.
type figureTable struct {
	ID, Title, What string
	Rows            []figureRow
	Total           []string
}

type figureRow struct {
	Name    string
	Numbers []string
}

func pathYear(r *http.Request) (int, error) {
	year, err := strconv.Atoi(r.PathValue("an"))
	if err != nil {
		return 0, errs.Wrap(errs.NotFound, "errs.desk.year", err)
	}
	return year, nil
}

// shown says a number, or that it is not said.
func shown(p *i18n.Printer, n desk.Number) string {
	if n.Hidden {
		return p.T("desk.figures.hidden")
	}
	return p.Number(n.N)
}

// quartersBegun is how many quarters of a year have begun on a day: 0 to 4.
func quartersBegun(year int, today core.Date) int {
	switch {
	case year < today.Year:
		return 4
	case year > today.Year:
		return 0
	}
	return (int(today.Month)-1)/3 + 1
}

// said is the number of column i of a row, four quarters then the year: nothing for a
// quarter that has not begun, where 0 would be untrue.
func said(i, begun int, number string) string {
	if i < 4 && i >= begun {
		return ""
	}
	return number
}

// valueName is what the row of a table is called.
func valueName(p *i18n.Printer, part desk.Part, value string) string {
	prefix := map[desk.Part]string{
		desk.Ways: "desk.channel.", desk.Why: "desk.reason.", desk.Spoken: "desk.language.", desk.What: "desk.done.", desk.SentTo: "desk.service.", desk.Delay: "desk.delay.",
		desk.Present: "desk.group.kind.", desk.Obstacles: "desk.service.",
	}[part]
	if name, ok := p.Under("desk.figures.value.", value); ok {
		return name
	}
	return p.T(prefix + value)
}

func (h *Handler) figures(w http.ResponseWriter, r *http.Request) error {
	year := h.desks.Today(r.Context()).Year
	if s := r.URL.Query().Get("an"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return errs.Wrap(errs.NotFound, "errs.desk.year", err)
		}
		year = n
	}
	y, err := h.desks.Figures(r.Context(), year)
	if err != nil {
		return err
	}
	years, err := h.desks.Years(r.Context())
	if err != nil {
		return err
	}
	p, begun := printer(r), quartersBegun(year, h.desks.Today(r.Context()))
	v := figuresView{Year: year, Small: p.T("desk.figures.small", "fewest", desk.Fewest)}
	for _, one := range years {
		v.Years = append(v.Years, option{"/accueil/chiffres?an=" + strconv.Itoa(one), strconv.Itoa(one)})
	}
	for _, t := range y.Tables {
		ft := figureTable{ID: "t-" + string(t.Part), Title: p.T("desk.figures.title_of." + string(t.Part)), What: p.T("desk.figures.what." + string(t.Part))}
		for _, row := range t.Rows {
			fr := figureRow{Name: valueName(p, t.Part, row.Value)}
			for i, n := range row.Numbers {
				fr.Numbers = append(fr.Numbers, said(i, begun, shown(p, n)))
			}
			ft.Rows = append(ft.Rows, fr)
		}
		for i, n := range t.Total {
			ft.Total = append(ft.Total, said(i, begun, shown(p, n)))
		}
		v.Tables = append(v.Tables, ft)
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/figures", Title: p.T("desk.figures.title"), Sheet: "counter.css", Nav: "desk", View: v, Script: true})
}

// sheets are the same tables for a spreadsheet, a hidden number written "s" (secret) as
// French statistics do.
func (h *Handler) sheets(r *http.Request) ([]table.Sheet, error) {
	year, err := pathYear(r)
	if err != nil {
		return nil, err
	}
	y, err := h.desks.Figures(r.Context(), year)
	if err != nil {
		return nil, err
	}
	p, begun := printer(r), quartersBegun(year, h.desks.Today(r.Context()))
	cell := func(n desk.Number) string {
		if n.Hidden {
			return "s"
		}
		return n.String()
	}
	head := []string{"", "T1", "T2", "T3", "T4", strconv.Itoa(year)}
	if len(y.Tables) == 0 {
		return []table.Sheet{{Rows: [][]string{{p.T("desk.figures.none")}}}}, nil
	}
	var out []table.Sheet
	for _, t := range y.Tables {
		s := table.Sheet{Name: p.T("desk.figures.title_of." + string(t.Part)), Rows: [][]string{{p.T("desk.figures.what." + string(t.Part))}, head}}
		for _, row := range t.Rows {
			line := []string{valueName(p, t.Part, row.Value)}
			for i, n := range row.Numbers {
				line = append(line, said(i, begun, cell(n)))
			}
			s.Rows = append(s.Rows, line)
		}
		if len(t.Total) > 0 {
			line := []string{p.T("desk.figures.sum")}
			for i, n := range t.Total {
				line = append(line, said(i, begun, cell(n)))
			}
			s.Rows = append(s.Rows, line)
		}
		s.Rows = append(s.Rows, []string{p.T("desk.figures.small", "fewest", desk.Fewest)})
		out = append(out, s)
	}
	return out, nil
}

func (h *Handler) figuresCSV(w http.ResponseWriter, r *http.Request) error {
	list, err := h.sheets(r)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{s.Name})
		rows = append(rows, s.Rows...)
		rows = append(rows, nil)
	}
	data, err := table.WriteCSV(rows)
	if err != nil {
		return err
	}
	return send(w, data, "text/csv; charset=utf-8", "accueil.csv")
}

func (h *Handler) figuresXLSX(w http.ResponseWriter, r *http.Request) error {
	list, err := h.sheets(r)
	if err != nil {
		return err
	}
	data, err := table.WriteXLSX(list)
	if err != nil {
		return err
	}
	return send(w, data, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "accueil.xlsx")
}

func send(w http.ResponseWriter, data []byte, kind, name string) error {
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // #nosec G705 -- not HTML: sent as a file of its own type, never shown inline
	return nil
}

// counted is what is counted of people, for anybody.
func (h *Handler) counted(w http.ResponseWriter, r *http.Request) error {
	p := printer(r)
	v := countedView{Small: p.T("desk.figures.small", "fewest", desk.Fewest), House: h.kit.HouseOf(r)}
	for _, part := range []desk.Part{desk.Ways, desk.Why, desk.Spoken, desk.What, desk.SentTo, desk.Delay, desk.InFile, desk.Present, desk.Obstacles} {
		v.Parts = append(v.Parts, figureTable{Title: p.T("desk.figures.title_of." + string(part)), What: p.T("desk.figures.what." + string(part))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/counted", Title: p.T("desk.counted.title"), Sheet: "counter.css", Public: true, View: v})
}

type countedView struct {
	Parts []figureTable
	Small string
	House kit.House
}
