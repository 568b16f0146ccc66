package pdf

// Brand writes the head of the first page: who prints, and how to reach them.
func (d *Document) Brand(name string, lines ...string) {
	s := d.s
	top := s.y
	s.text(name, Style{Size: 1.3, Bold: true}, atStart)
	under := s.y
	s.y = top
	s.within((s.right-s.left)/2, 0, func() {
		for _, l := range lines {
			if l != "" {
				s.text(l, Style{Size: .88, Soft: true}, atEnd)
			}
		}
	})
	s.y = max(s.y, under) + 2
	s.rule(ink, .6)
	s.y += 2
}

func (s *setter) rule(c Color, width float64) {
	if s.dry {
		return
	}
	s.pen(c)
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.SetLineWidth(width)
	s.pdf.Line(s.left, s.y, s.right, s.y)
	s.pdf.SetLineWidth(.35)
}

// Title writes the title of the document.
func (d *Document) Title(text string) {
	s := d.s
	s.y += s.line(.25)
	d.mark(text, 0)
	s.text(text, Style{Size: 1.8, Bold: true}, atStart)
}

// Heading writes the title of a part (level 1) or of a part of it (level 2); it
// never stands alone at the foot of a page.
func (d *Document) Heading(level int, text string) {
	s := d.s
	size, before := 1.3, .75
	if level > 1 {
		size, before = 1.12, .5
	}
	st := Style{Size: size, Bold: true}
	s.y += s.line(before)
	s.room(s.height(func() { s.text(text, st, atStart) }) + 3*s.line(1))
	d.mark(text, level)
	s.text(text, st, atStart)
	s.y += s.line(.12)
}

// mark puts a heading in the outline that readers show beside the pages.
func (d *Document) mark(text string, level int) {
	s := d.s
	if s.dry {
		return
	}
	level = min(level, s.marked+1)
	s.marked = level
	s.use(0, false, s.body())
	s.pdf.Bookmark(text, level, s.y)
}

// Text writes a paragraph, or several.
func (d *Document) Text(text string, st Style) {
	if text == "" {
		return
	}
	d.s.y += d.s.line(st.Space)
	d.s.text(text, st, atStart)
}

// Quote writes somebody's own words, beside a line, and below it what is said of
// them.
func (d *Document) Quote(words, note string) {
	s := d.s
	s.y += s.line(.4)
	body := func() {
		s.within(5, 0, func() {
			s.text(words, Lead, atStart)
			if note != "" {
				s.text(note, Small, atStart)
			}
		})
	}
	if h := s.height(body); h < pageHeight-foot-margin {
		s.room(h)
	}
	page, top := s.pdf.PageNo(), s.y
	body()
	if s.dry || s.pdf.PageNo() != page {
		return
	}
	s.pen(edge)
	s.pdf.SetLineWidth(1)
	x := s.left + 1
	if s.o.RTL {
		x = s.right - 1
	}
	s.pdf.Line(x, top+1, x, s.y-1)
	s.pdf.SetLineWidth(.35)
}

// Frame is how a card is framed.
type Frame int

// The frames: a proposal is dashed, what is still to verify is dashed in another
// colour, what is certain is solid, the rest has a thin line.
const (
	Plain Frame = iota
	Proposed
	ToVerify
	Certain
)

// Card is a framed part: a title, an amount beside it, lines, boxes to tick.
type Card struct {
	Frame Frame
	Title string
	Sum   string // « 485 € »
	Per   string // « par mois »
	Lines []string
	Small []string
	Boxes []string
}

const padding = 4.0

// Card writes a card; it stays on one page when it fits on one.
func (d *Document) Card(c Card) {
	s := d.s
	s.y += s.line(.5)
	body := func() { s.within(padding, padding, func() { s.card(c) }) }
	h := s.height(body)
	if h > pageHeight-foot-margin { // longer than a page: no frame
		body()
		return
	}
	s.room(h)
	top := s.y
	body()
	if s.dry {
		return
	}
	frame := map[Frame]Color{Plain: joint, Proposed: edge, ToVerify: mauve, Certain: leaf}[c.Frame]
	s.pen(frame)
	switch c.Frame {
	case Plain:
		s.pdf.SetLineWidth(.3)
	default:
		s.pdf.SetLineWidth(.6)
	}
	if c.Frame == Proposed || c.Frame == ToVerify {
		s.pdf.SetDashPattern([]float64{1.6, 1.2}, 0)
	}
	s.pdf.RoundedRect(s.left, top, s.right-s.left, s.y-top, 2, "1234", "D")
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.SetLineWidth(.35)
}

func (s *setter) card(c Card) {
	s.y += padding * .7
	top := s.y
	aside := 0.0
	if c.Sum != "" {
		aside = s.sum(c)
	}
	under := s.y
	s.y = top
	s.within(0, aside, func() {
		if c.Title != "" {
			s.text(c.Title, Style{Size: 1.1, Bold: true}, atStart)
		}
		for _, l := range c.Lines {
			s.text(l, Body, atStart)
			s.y += s.line(.12)
		}
		for _, l := range c.Small {
			s.text(l, Small, atStart)
		}
	})
	s.y = max(s.y, under)
	if len(c.Boxes) > 0 {
		s.y += s.line(.25)
		s.rule(joint, .25)
		s.y += s.line(.2)
		s.boxes(c.Boxes)
	}
	s.y += padding * .7
}

// sum writes the amount of a card at its end and tells the width it takes.
func (s *setter) sum(c Card) float64 {
	big, small := Style{Size: 1.45, Bold: true}, Style{Size: .88, Soft: true}
	wide := 0.0
	for _, part := range []struct {
		text string
		st   Style
	}{{c.Sum, big}, {c.Per, small}} {
		g, err := s.prepare(part.text, s.o.RTL)
		if err != nil {
			s.fail(err)
			return 0
		}
		wide = max(wide, s.measured(g, part.st.Bold, s.body()*part.st.Size)(0, len(g.runes)))
	}
	wide = min(wide+1, (s.right-s.left)*.45)
	s.within(s.right-s.left-wide, 0, func() {
		s.text(c.Sum, big, atEnd)
		if c.Per != "" {
			s.text(c.Per, small, atEnd)
		}
	})
	return wide + 4
}

// Boxes writes boxes to tick, as many on a line as fit.
func (d *Document) Boxes(list []string) {
	d.s.y += d.s.line(.3)
	d.s.boxes(list)
}

func (s *setter) boxes(list []string) {
	high := s.line(1.1)
	side := s.body() * mmPerPoint
	x := 0.0 // from the start of the column
	for _, text := range list {
		g, err := s.prepare(text, s.o.RTL)
		if err != nil {
			s.fail(err)
			return
		}
		wide := side*1.5 + s.measured(g, false, s.body())(0, len(g.runes))
		if x > 0 && x+wide > s.right-s.left {
			s.y += high
			x = 0
		}
		if x == 0 {
			s.room(high)
		}
		s.box(x, high, side)
		if wide > s.right-s.left {
			s.within(side*1.5, 0, func() { s.text(text, Style{Size: 1}, atStart) })
			x = 0
			continue
		}
		s.within(x+side*1.5, 0, func() { s.drawLine(g, [2]int{0, len(g.runes)}, false, s.body(), high, ink, atStart) })
		x += wide + side*1.6
	}
	if x > 0 {
		s.y += high
	}
}

func (s *setter) box(x, high, side float64) {
	if s.dry {
		return
	}
	at := s.left + x
	if s.o.RTL {
		at = s.right - x - side
	}
	s.pen(ink)
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.SetLineWidth(.4)
	s.pdf.Rect(at, s.y+(high-side)/2, side, side, "D")
	s.pdf.SetLineWidth(.35)
}

// Items writes a list, each item after a dash.
func (d *Document) Items(list []string) {
	s := d.s
	s.y += s.line(.25)
	for _, item := range list {
		s.room(s.line(1))
		g, err := s.prepare("–", s.o.RTL)
		if err != nil {
			s.fail(err)
			return
		}
		s.drawLine(g, [2]int{0, len(g.runes)}, false, s.body(), s.line(1), soft, atStart)
		s.within(5, 0, func() { s.text(item, Body, atStart) })
		s.y += s.line(.08)
	}
}

// Row is one line of a list of what is known: a name, what it is, what is said of
// it.
type Row struct{ Label, Text, Note string }

// Rows writes names and values, a thin line between two; a row stays on one page.
func (d *Document) Rows(rows []Row) {
	s := d.s
	s.y += s.line(.25)
	for i, r := range rows {
		body := func() { s.row(r) }
		if h := s.height(body); h < pageHeight-foot-margin {
			s.room(h)
		}
		if i > 0 && s.y > margin {
			s.rule(joint, .25)
		}
		body()
	}
}

func (s *setter) row(r Row) {
	s.y += s.line(.15)
	top := s.y
	if r.Text == "" || s.o.Large {
		s.text(r.Label, Style{Size: 1, Bold: r.Text != ""}, atStart)
		if r.Text != "" {
			s.text(r.Text, Body, atStart)
		}
	} else {
		whole := s.right - s.left
		s.within(0, whole*.62, func() { s.text(r.Label, Body, atStart) })
		under := s.y
		s.y = top
		s.within(whole*.42, 0, func() { s.text(r.Text, Bold, atStart) })
		s.y = max(s.y, under)
	}
	if r.Note != "" {
		s.text(r.Note, Small, atStart)
	}
	s.y += s.line(.15)
}

// Table writes rows of figures under a head, which comes again on each page.
// wide says each column's share of the width.
func (d *Document) Table(head []string, wide []float64, rows [][]string) {
	s := d.s
	s.y += s.line(.3)
	top := func() {
		s.cells(head, wide, Style{Size: .88, Bold: true})
		s.rule(ink, .4)
	}
	top()
	for _, r := range rows {
		if h := s.height(func() { s.cells(r, wide, Style{Size: .92}) }); !s.dry && s.y+h > pageHeight-foot {
			s.turn()
			top()
		}
		s.cells(r, wide, Style{Size: .92})
		s.rule(joint, .25)
	}
}

func (s *setter) cells(texts []string, wide []float64, st Style) {
	whole := s.right - s.left
	top, bottom := s.y+s.line(.12), s.y
	from := 0.0
	for i, text := range texts {
		if i >= len(wide) {
			break
		}
		s.y = top
		s.within(from*whole, whole*(1-from-wide[i])+2, func() { s.text(text, st, atStart) })
		bottom = max(bottom, s.y)
		from += wide[i]
	}
	s.y = bottom + s.line(.12)
}

// Lines leaves room to write by hand.
func (d *Document) Lines(n int) {
	s := d.s
	for range n {
		s.room(s.line(1.5))
		s.y += s.line(1.5)
		s.rule(edge, .25)
	}
	s.y += s.line(.3)
}

// Code writes the code that a counter types, in a frame, after what it is for.
func (d *Document) Code(says, code, means string) {
	s := d.s
	body := func() {
		s.y += s.line(.6)
		s.text(says, Bold, atStart)
		s.y += s.line(.2)
		big := Style{Size: 1.7, Bold: true}
		g, err := s.prepare(code, false)
		if err != nil {
			s.fail(err)
			return
		}
		size := s.body() * big.Size
		wide, high := s.measured(g, true, size)(0, len(g.runes))+10, s.line(big.Size)+1
		x := s.left
		if s.o.RTL {
			x = s.right - wide
		}
		if !s.dry {
			s.pen(ink)
			s.pdf.SetLineWidth(.6)
			s.pdf.Rect(x, s.y, wide, high, "D")
			s.pdf.SetLineWidth(.35)
			l, r := s.left, s.right
			s.left, s.right = x+5, x+wide-5
			s.drawLine(g, [2]int{0, len(g.runes)}, true, size, high, ink, atLeft)
			s.left, s.right = l, r
		}
		s.y += high + s.line(.2)
		s.text(means, Small, atStart)
	}
	s.room(s.height(body))
	body()
}
