package person

import (
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// Places of the drawing, in its own units.
const (
	graphSlot   = 132 // one person wide
	graphTop    = 168 // feet of the adults
	graphBottom = 306 // feet of the children
	graphBond   = 140 // height of the bonds between adults
	graphBus    = 228 // height of the line above the children
	graphLeft   = 6
	graphAway   = 84 // between the dwelling and who lives elsewhere, for the words on the bond
)

// standing is one person of the drawing and where they stand.
type standing struct {
	human  casefile.Human
	x      int
	child  bool
	inside bool // lives in the dwelling
	family bool // of the family of the file's person
}

// familyGraph draws the household as pegs on a square: the dwelling in ink, the
// family in blue, a dotted bond for a separation. It is an image for people who
// see it; the page lists the same facts under it.
func familyGraph(p *i18n.Printer, self core.ID, h casefile.HouseholdView, title string) template.HTML {
	d := placeHousehold(self, h)
	if len(d.people) < 2 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="graph" width="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="fg-t"><title id="fg-t">%s</title>`, d.width, d.width, d.height, html.EscapeString(title))
	fmt.Fprintf(&b, `<rect x="%d" y="10" width="%d" height="%d" rx="6" fill="var(--slab)" stroke="var(--ink)" stroke-width="2"/>`, graphLeft, d.dwelling, d.height-16)
	fmt.Fprintf(&b, `<path d="M%d 46h%dv%dH%dz" fill="var(--haze)" stroke="var(--act)" stroke-width="1.5"/>`, d.familyX, d.familyW, d.height-66, d.familyX)
	d.bonds(&b, p, self, h)
	for _, s := range d.people {
		s.draw(&b, p, h.On)
	}
	fmt.Fprintf(&b, `<g font-size="15" font-weight="700"><text x="%d" y="34" fill="var(--ink)" class="start">%s</text><text x="%d" y="66" fill="var(--act)" class="start">%s</text></g></svg>`,
		graphLeft+14, html.EscapeString(p.N("web.household.dwelling_count", len(h.Members))),
		d.familyX+12, html.EscapeString(p.N("web.household.family_count", len(h.Groups.Family.Parents)+len(h.Groups.Family.Children))))
	return template.HTML(b.String()) // #nosec G203 -- every word above goes through html.EscapeString
}

type drawing struct {
	people           []standing
	width, height    int
	dwelling         int // width
	familyX, familyW int
}

func placeHousehold(self core.ID, h casefile.HouseholdView) drawing {
	var d drawing
	parents, children := h.Groups.Family.Parents, h.Groups.Family.Children
	isChildOfAny := func(id core.ID) bool {
		for _, k := range h.Kin {
			if k.Kind == casefile.ParentOf && k.B == id && (k.A == self || slices.Contains(parents, k.A)) {
				return true
			}
		}
		return false
	}
	var others []core.ID
	members := map[core.ID]bool{}
	for _, m := range h.Members {
		members[m.Person] = true
		if !slices.Contains(parents, m.Person) && !slices.Contains(children, m.Person) {
			others = append(others, m.Person)
		}
	}
	var away []core.ID
	for _, k := range h.Kin {
		for _, id := range []core.ID{k.A, k.B} {
			if !members[id] && !slices.Contains(away, id) && !slices.Contains(parents, id) && !slices.Contains(children, id) {
				away = append(away, id)
			}
		}
	}
	columns := max(len(parents), len(children), 1)
	if columns == 1 && len(children) > 0 {
		columns = 2
	}
	d.familyW = columns*graphSlot + 16
	d.familyX = graphLeft + 14 + len(others)*graphSlot
	d.dwelling = d.familyX + d.familyW + 14 - graphLeft
	d.width = graphLeft + d.dwelling + 8 + len(away)*graphSlot
	if len(away) > 0 {
		d.width += graphAway
	}
	d.height = 246
	if len(children) > 0 {
		d.height = 382
	}
	for i, id := range others {
		d.people = append(d.people, standing{human: h.Humans[id], x: graphLeft + 14 + i*graphSlot + graphSlot/2, inside: true, child: isChildOfAny(id)})
	}
	for i, id := range parents {
		d.people = append(d.people, standing{human: h.Humans[id], x: d.familyX + d.familyW*(2*i+1)/(2*len(parents)), inside: true, family: true})
	}
	for i, id := range children {
		d.people = append(d.people, standing{human: h.Humans[id], x: d.familyX + d.familyW*(2*i+1)/(2*len(children)), child: true, inside: true, family: true})
	}
	for i, id := range away {
		d.people = append(d.people, standing{human: h.Humans[id], x: graphLeft + d.dwelling + 8 + graphAway + i*graphSlot + graphSlot/2})
	}
	return d
}

func (d drawing) find(id core.ID) (standing, bool) {
	for _, s := range d.people {
		if s.human.ID == id {
			return s, true
		}
	}
	return standing{}, false
}

// bonds draws couples (dotted once over), the file's person's own parents, and
// the line above the children.
func (d drawing) bonds(b *strings.Builder, p *i18n.Printer, self core.ID, h casefile.HouseholdView) {
	const thin = `<g fill="none" stroke="var(--soft)" stroke-width="2">`
	dropX := 0
	for _, k := range h.Kin {
		left, lok := d.find(k.A)
		right, rok := d.find(k.B)
		if !lok || !rok {
			continue
		}
		if left.x > right.x {
			left, right = right, left
		}
		switch {
		case k.Kind == casefile.Couple:
			over := !k.Until.IsZero() && !h.On.Before(k.Until)
			dash := ""
			if over {
				dash = ` stroke-dasharray="2 6" stroke-linecap="round"`
			}
			fmt.Fprintf(b, thin+`<path d="M%d %dH%d"%s/></g>`, left.x+34, graphBond, right.x-34, dash)
			if over {
				mid := (left.x + right.x) / 2
				if edge := graphLeft + d.dwelling; !right.inside && left.inside {
					mid = (edge + right.x - 34) / 2
				}
				b.WriteString(graphText(mid, graphBond-10, p.T("web.household.apart_since")))
				b.WriteString(graphText(mid, graphBond+19, p.Month(k.Until.CalendarMonth())))
			}
			dropX = (left.x + right.x) / 2
			if over || !right.inside {
				dropX = left.x + 52
			}
		case k.B == self && !childOf(left, right, k):
			fmt.Fprintf(b, thin+`<path d="M%d %dH%d"/></g>`, left.x+34, graphBond, right.x-34)
			b.WriteString(graphText((left.x+right.x)/2, graphBond-10, parentWord(p, h.Humans[k.A])))
		}
	}
	children := h.Groups.Family.Children
	if len(children) == 0 {
		return
	}
	if dropX == 0 {
		if s, ok := d.find(h.Groups.Family.Parents[0]); ok {
			dropX = s.x + 52
			fmt.Fprintf(b, thin+`<path d="M%d %dH%d"/></g>`, s.x+34, graphBond, dropX)
		}
	}
	first, _ := d.find(children[0])
	last, _ := d.find(children[len(children)-1])
	fmt.Fprintf(b, thin+`<path d="M%d %dV%dM%d %dH%d"/>`, dropX, graphBond, graphBus, min(first.x, dropX), graphBus, max(last.x, dropX))
	for _, id := range children {
		if s, ok := d.find(id); ok {
			fmt.Fprintf(b, `<path d="M%d %dv20"/>`, s.x, graphBus)
		}
	}
	b.WriteString(`</g>`)
}

// childOf tells a bond between a parent of the drawing and a child under them,
// which the line above the children already shows.
func childOf(left, right standing, k casefile.Kinship) bool {
	return (left.human.ID == k.B && left.child) || (right.human.ID == k.B && right.child)
}

func parentWord(p *i18n.Printer, h casefile.Human) string {
	switch h.Title {
	case casefile.TitleMadame:
		return p.T("web.household.mother")
	case casefile.TitleMonsieur:
		return p.T("web.household.father")
	}
	return p.T("web.household.parent")
}

func graphText(x, y int, s string) string {
	return fmt.Sprintf(`<text x="%d" y="%d" font-size="15" fill="var(--soft)">%s</text>`, x, y, html.EscapeString(s))
}

func (s standing) draw(b *strings.Builder, p *i18n.Printer, on core.Date) {
	fill, y := "var(--soft)", graphTop
	head, body := 13, "M-21 0c0-35 7-47 21-47S21-35 21 0z"
	up := 62
	if s.family {
		fill = "var(--act)"
	}
	if s.child {
		head, body, up = 10, "M-15 0c0-24 5-32 15-32S15-24 15 0z", 44
		if s.family {
			y = graphBottom
		}
	}
	fmt.Fprintf(b, `<g transform="translate(%d %d)" fill="%s"><circle cy="-%d" r="%d"/><path d="%s"/></g>`, s.x, y, fill, up, head, body)
	name := s.human.FirstName
	if name == "" {
		name = s.human.UsualName
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="16" font-weight="700" fill="var(--ink)">%s</text>`, s.x, y+23, html.EscapeString(shorten(name, 14)))
	under := age(p, s.human.Birth, on)
	if !s.inside {
		under = p.T("web.household.elsewhere")
	}
	if under != "" {
		b.WriteString(graphText(s.x, y+42, under))
	}
}

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
