package outlook

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// The drawing, in its own units.
const (
	slot   = 58 // one month wide
	gap    = 12 // between two bars
	top    = 34 // above the highest bar, for its amount
	high   = 120
	bottom = 46 // for the months
)

// draw draws a right over the months: a full bar is an amount, a dashed one goes up
// to what it may be, a striped one waits for a value of the law. The table under it
// says the same figures.
func draw(p *i18n.Printer, first core.Month, right months.Right, name string) template.HTML {
	width, height := slot*len(right.Points), top+high+bottom
	rtl := p.Dir() == "rtl"
	most := core.Cents(0)
	for _, pt := range right.Points {
		most = max(most, pt.Amount, pt.Max)
	}
	if most == 0 {
		return "" // a yes or a no: the list of changes says it all
	}
	last := first + core.Month(len(right.Points)-1)
	title := p.T("outlook.chart", "name", name, "from", first, "until", last, "before", amount(p, right.Points[0]), "after", amount(p, right.Points[len(right.Points)-1]))
	var b strings.Builder
	id := html.EscapeString(right.Name)
	fmt.Fprintf(&b, `<svg class="graph" width="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="oc-%s"><title id="oc-%s">%s</title>`, width, width, height, id, id, html.EscapeString(title))
	fmt.Fprintf(&b, `<defs><pattern id="op-%s" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="7" fill="var(--act)"/></pattern></defs>`, id)
	fmt.Fprintf(&b, `<path d="M0 %dH%d" stroke="var(--ink)" stroke-width="1.5"/>`, top+high, width)
	said := ""
	for i, pt := range right.Points {
		x := slot * i
		if rtl {
			x = width - slot*(i+1)
		}
		middle := x + slot/2
		bar(&b, id, pt, x+gap/2, most)
		label := short(p, pt)
		if label != said {
			y := top + high - tall(max(pt.Amount, pt.Max), most) - 8
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" font-weight="700" fill="var(--ink)" direction="ltr">%s</text>`, middle, y, html.EscapeString(label))
			said = label
		}
		m := first + core.Month(i)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" fill="var(--soft)" direction="ltr">%02d</text>`, middle, top+high+20, m.Month())
		if i == 0 || m.Month() == 1 {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" fill="var(--soft)" direction="ltr">%d</text>`, middle, top+high+39, m.Year())
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func tall(amount, most core.Cents) int { return int(int64(high) * int64(max(amount, 0)) / int64(most)) }

func bar(b *strings.Builder, id string, pt months.Point, x int, most core.Cents) {
	w := slot - gap
	switch {
	case pt.Status == casefile.NotDue:
		return
	case pt.Status == casefile.ToVerify:
		low, h := tall(pt.Min, most), max(tall(pt.Max, most), 6)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="var(--mauve)" stroke-width="2" stroke-dasharray="5 4"/>`, x, top+high-h, w, h)
		if low > 0 {
			fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="var(--mauve)" fill-opacity=".35"/>`, x, top+high-low, w, low)
		}
		return
	}
	h, fill := max(tall(pt.Amount, most), 6), "var(--act)"
	if pt.Awaited != "" {
		fill = "url(#op-" + id + ")"
	}
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" stroke="var(--act)" stroke-width="1.5"/>`, x, top+high-h, w, h, fill)
}

// short is what stands above a bar: it must fit a month's width.
func short(p *i18n.Printer, pt months.Point) string {
	switch {
	case pt.Status == casefile.NotDue:
		return "0"
	case pt.Status == casefile.ToVerify:
		return "?"
	case pt.Amount == 0:
		return ""
	}
	return strings.NewReplacer("\u2066", "", "\u2068", "", "\u2069", "").Replace(p.MoneyRound(pt.Amount))
}
