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

// brush is how the bars of one series look.
type brush struct {
	fill, edge string // of a full bar
	verify     string // of what is to verify
	width      int
}

// draw draws a right over the months: a full bar is an amount, a dashed one goes up
// to what it may be, a striped one waits for a value of the law. The table under it
// says the same figures.
func draw(p *i18n.Printer, first core.Month, right months.Right, name string) template.HTML {
	last := first + core.Month(len(right.Points)-1)
	c := newCanvas(p, first, right.Name, right.Points)
	return c.write(p.T("outlook.chart", "name", name, "from", first, "until", last, "before", amount(p, right.Points[0]), "after", amount(p, right.Points[len(right.Points)-1])), func(i, x int) {
		c.bar(right.Points[i], x+gap/2, brush{"var(--act)", "var(--act)", "var(--mauve)", slot - gap})
		c.label(right.Points[i], x+slot/2)
	})
}

// DrawBoth draws a right as things are known, in grey, and beside it with a trial; ""
// for a yes or a no. Differs of the right is not −1.
func DrawBoth(p *i18n.Printer, first core.Month, right months.ComparedRight, name string) template.HTML {
	const half = (slot - gap) / 2
	last := first + core.Month(len(right.Now)-1)
	c := newCanvas(p, first, right.Name, right.Now, right.Then)
	at := right.Differs()
	return c.write(p.T("outlook.trial.chart", "name", name, "from", first, "until", last, "month", first+core.Month(at), "now", amount(p, right.Now[at]), "then", amount(p, right.Then[at])), func(i, x int) {
		now, then := x+gap/2, x+gap/2+half
		if c.rtl {
			now, then = then, now
		}
		c.bar(right.Now[i], now, brush{"var(--joint)", "var(--soft)", "var(--soft)", half})
		c.bar(right.Then[i], then, brush{"var(--act)", "var(--act)", "var(--mauve)", half})
		if i >= at {
			c.label(right.Then[i], then+half/2)
		}
	})
}

// canvas is a drawing being made: one slot for each month.
type canvas struct {
	p     *i18n.Printer
	first core.Month
	id    string
	n     int
	most  core.Cents // the highest bar
	rtl   bool
	said  string // the last label
	b     strings.Builder
}

func newCanvas(p *i18n.Printer, first core.Month, id string, series ...[]months.Point) *canvas {
	c := &canvas{p: p, first: first, id: html.EscapeString(id), n: len(series[0]), rtl: p.Dir() == "rtl"}
	for _, points := range series {
		for _, pt := range points {
			c.most = max(c.most, pt.Amount, pt.Max)
		}
	}
	return c
}

// write is the whole drawing; month draws the i-th one from x on. "" for a yes or a
// no: the words say it all.
func (c *canvas) write(title string, month func(i, x int)) template.HTML {
	if c.most == 0 {
		return ""
	}
	width, height := slot*c.n, top+high+bottom
	fmt.Fprintf(&c.b, `<svg class="graph" width="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="oc-%s"><title id="oc-%s">%s</title>`, width, width, height, c.id, c.id, html.EscapeString(title))
	fmt.Fprintf(&c.b, `<defs><pattern id="op-%s" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="7" fill="var(--act)"/></pattern></defs>`, c.id)
	fmt.Fprintf(&c.b, `<path d="M0 %dH%d" stroke="var(--ink)" stroke-width="1.5"/>`, top+high, width)
	for i := range c.n {
		x := slot * i
		if c.rtl {
			x = width - slot*(i+1)
		}
		month(i, x)
		m, middle := c.first+core.Month(i), x+slot/2
		fmt.Fprintf(&c.b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" fill="var(--soft)" direction="ltr">%02d</text>`, middle, top+high+20, m.Month())
		if i == 0 || m.Month() == 1 {
			fmt.Fprintf(&c.b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" fill="var(--soft)" direction="ltr">%d</text>`, middle, top+high+39, m.Year())
		}
	}
	c.b.WriteString(`</svg>`)
	return template.HTML(c.b.String()) // #nosec G203 -- every word above goes through html.EscapeString
}

// label says an amount above its bar, when it is not what the month before said.
func (c *canvas) label(pt months.Point, middle int) {
	label := short(c.p, pt)
	if label == c.said {
		return
	}
	y := top + high - c.tall(max(pt.Amount, pt.Max)) - 8
	fmt.Fprintf(&c.b, `<text x="%d" y="%d" text-anchor="middle" font-size="14" font-weight="700" fill="var(--ink)" direction="ltr">%s</text>`, middle, y, html.EscapeString(label))
	c.said = label
}

func (c *canvas) tall(amount core.Cents) int {
	return int(int64(high) * int64(max(amount, 0)) / int64(c.most))
}

func (c *canvas) bar(pt months.Point, x int, with brush) {
	switch {
	case pt.Status == casefile.NotDue:
		return
	case pt.Status == casefile.ToVerify:
		low, h := c.tall(pt.Min), max(c.tall(pt.Max), 6)
		fmt.Fprintf(&c.b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="5 4"/>`, x, top+high-h, with.width, h, with.verify)
		if low > 0 {
			fmt.Fprintf(&c.b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" fill-opacity=".35"/>`, x, top+high-low, with.width, low, with.verify)
		}
		return
	}
	h, fill := max(c.tall(pt.Amount), 6), with.fill
	if pt.Awaited != "" && fill == "var(--act)" {
		fill = "url(#op-" + c.id + ")"
	}
	fmt.Fprintf(&c.b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" stroke="%s" stroke-width="1.5"/>`, x, top+high-h, with.width, h, fill, with.edge)
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
