package pdf

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Options say what a document is.
type Options struct {
	Title string
	Lang  string    // "fr", "ar": the language of the text
	At    time.Time // when its content was made; the same content keeps the same date
	Owner string    // who prints it: an organisation
	Code  string    // printed at the foot of each page, "" when none
	RTL   bool
	Large bool
	// Page says which page this is: « page 2 sur 5 ». nil prints no number.
	Page func(n, of int) string
}

// Color is a colour of ink, in red, green, blue.
type Color [3]uint8

// The colours: the same as the pages', dark enough on white paper.
var (
	ink   = Color{0, 0, 0}
	soft  = Color{0x33, 0x33, 0x33}
	joint = Color{0xbb, 0xbb, 0xbb}
	edge  = Color{0x55, 0x55, 0x55}
	leaf  = Color{0x3f, 0x7d, 0x57}
	mauve = Color{0x78, 0x69, 0xae}
)

// Style is how a text looks. Sizes are parts of the body's.
type Style struct {
	Size  float64
	Bold  bool
	Soft  bool
	Space float64 // before it, parts of a body line
}

// Styles of text.
var (
	Body  = Style{Size: 1, Space: .35}
	Lead  = Style{Size: 1.12, Space: .4}
	Small = Style{Size: .88, Soft: true, Space: .3}
	Bold  = Style{Size: 1, Bold: true, Space: .35}
)

// A4 in millimetres.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 18.0
	foot       = 18.0 // below the text: the running footer
	maxPages   = 400
	mmPerPoint = 25.4 / 72
)

// setter is one pass over a document.
type setter struct {
	pdf    *fpdf.Fpdf
	faces  []face
	o      Options
	of     int // pages, known from the first pass; 0 in the first
	y      float64
	left   float64 // of the column being written
	right  float64
	dry    bool // measuring: nothing is drawn, no page turned
	err    error
	marked int               // deepest heading so far, for the bookmarks
	added  map[[2]uint8]bool // fonts the library has read: a face and 1 when bold
	font   struct {          // in use; size 0 before the first
		face uint8
		bold bool
		size float64
	}
}

// Document is what a caller writes on.
type Document struct{ s *setter }

// Write makes a document; build is called twice, to count the pages, and must do
// the same both times.
func Write(o Options, build func(d *Document)) ([]byte, error) {
	pages := 0
	for {
		s, err := newSetter(o, pages)
		if err != nil {
			return nil, err
		}
		build(&Document{s})
		s.footer()
		if s.err == nil {
			s.err = s.pdf.Error()
		}
		if s.err != nil {
			return nil, fmt.Errorf("set the document: %w", s.err)
		}
		if pages == 0 {
			pages = s.pdf.PageCount()
			continue
		}
		var out bytes.Buffer
		if err := s.pdf.Output(&out); err != nil {
			return nil, fmt.Errorf("write the document: %w", err)
		}
		return out.Bytes(), nil
	}
}

func newSetter(o Options, of int) (*setter, error) {
	list, err := faces()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetTitle(o.Title, true)
	f.SetAuthor(o.Owner, true)
	f.SetCreator("Parvis", true)
	f.SetProducer("Parvis", true)
	f.SetLang(o.Lang)
	f.SetCreationDate(o.At.UTC())
	f.SetModificationDate(o.At.UTC())
	f.SetCatalogSort(true)
	f.SetDisplayMode("fullwidth", "continuous")
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(false, 0)
	s := &setter{pdf: f, faces: list, added: map[[2]uint8]bool{}, o: o, of: of, left: margin, right: pageWidth - margin, marked: -1}
	f.SetLineWidth(.35)
	s.turn()
	return s, nil
}

// body is the size of the text in points.
func (s *setter) body() float64 {
	if s.o.Large {
		return 17
	}
	return 11
}

// line is the height of a line of text of a size, in millimetres.
func (s *setter) line(size float64) float64 { return s.body() * size * 1.42 * mmPerPoint }

func (s *setter) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// turn begins a new page.
func (s *setter) turn() {
	if s.dry {
		return
	}
	if s.pdf.PageNo() > 0 {
		s.footer()
	}
	if s.pdf.PageNo() >= maxPages {
		s.fail(fmt.Errorf("more than %d pages", maxPages))
		return
	}
	s.pdf.AddPage()
	s.y = margin
}

// room turns the page when a height does not fit on the rest of this one.
func (s *setter) room(height float64) {
	if !s.dry && s.y+height > pageHeight-foot && s.y > margin {
		s.turn()
	}
}

// height measures what fn would take.
func (s *setter) height(fn func()) float64 {
	dry, y := s.dry, s.y
	s.dry = true
	fn()
	h := s.y - y
	s.dry, s.y = dry, y
	return h
}

// within narrows the column while fn writes.
func (s *setter) within(left, right float64, fn func()) {
	l, r := s.left, s.right
	if s.o.RTL {
		left, right = right, left
	}
	s.left, s.right = l+left, r-right
	fn()
	s.left, s.right = l, r
}

func (s *setter) ink(c Color) { s.pdf.SetTextColor(int(c[0]), int(c[1]), int(c[2])) }
func (s *setter) pen(c Color) { s.pdf.SetDrawColor(int(c[0]), int(c[1]), int(c[2])) }

func (s *setter) use(f uint8, bold bool, size float64) {
	if s.font.face == f && s.font.bold == bold && s.font.size == size {
		return // the library sets it again by itself on a new page
	}
	style, i := "", 0
	if bold {
		style, i = "B", 1
	}
	if added := [2]uint8{f, uint8(i)}; !s.added[added] {
		s.added[added] = true
		s.pdf.AddUTF8FontFromBytes(s.faces[f].family, style, bytes.Clone(s.faces[f].data[i]))
	}
	s.pdf.SetFont(s.faces[f].family, style, size*s.faces[f].scale)
	s.font.face, s.font.bold, s.font.size = f, bold, size
}

func (s *setter) width(pieces []piece, bold bool, size float64) float64 {
	w := 0.0
	for _, p := range pieces {
		s.use(p.face, bold, size)
		w += s.pdf.GetStringWidth(p.text)
	}
	return w
}

// measured gives the width of a part of a text, whatever its order.
func (s *setter) measured(g glyphs, bold bool, size float64) func(from, to int) float64 {
	at := make([]float64, len(g.runes)+1)
	for i, r := range g.runes {
		s.use(g.face[i], bold, size)
		at[i+1] = at[i] + s.pdf.GetStringWidth(string(r))
	}
	return func(from, to int) float64 { return at[to] - at[from] }
}

// align is where a line stands in its column.
type align int

const (
	atStart align = iota
	atEnd
	atLeft
)

// text writes a text in the column and moves below it.
func (s *setter) text(text string, st Style, where align) {
	size := s.body() * st.Size
	high := s.line(st.Size)
	c := ink
	if st.Soft {
		c = soft
	}
	for _, para := range paragraphs(text) {
		g, err := s.prepare(para, s.o.RTL)
		if err != nil {
			s.fail(fmt.Errorf("order of a line: %w", err))
			return
		}
		lines := g.breaks(s.right-s.left, s.measured(g, st.Bold, size))
		if len(lines) == 0 {
			s.y += high / 2
			continue
		}
		for _, l := range lines {
			s.room(high)
			s.drawLine(g, l, st.Bold, size, high, c, where)
			s.y += high
		}
	}
}

func (s *setter) drawLine(g glyphs, l [2]int, bold bool, size, high float64, c Color, where align) {
	if s.dry {
		return
	}
	pieces := g.display(l[0], l[1], s.o.RTL)
	x := s.left
	if (where == atStart && s.o.RTL) || (where == atEnd && !s.o.RTL) {
		x = s.right - s.width(pieces, bold, size)
	}
	base := s.y + high/2 + size*mmPerPoint*.35
	s.ink(c)
	for _, p := range pieces {
		s.use(p.face, bold, size)
		s.pdf.Text(x, base, p.text)
		x += s.pdf.GetStringWidth(p.text)
	}
}

// footer prints the code and the number of the page at its foot.
func (s *setter) footer() {
	n := s.pdf.PageNo()
	y, left, right := s.y, s.left, s.right
	s.left, s.right = margin, pageWidth-margin
	s.y = pageHeight - foot + 5
	small := Style{Size: .8, Soft: true}
	if s.o.Large {
		small.Size = .7
	}
	s.pen(joint)
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.Line(margin, s.y, pageWidth-margin, s.y)
	s.y += 1
	at := s.y
	dry := s.dry
	write := func(text string, where align) {
		s.y = at
		g, err := s.prepare(text, s.o.RTL)
		if err != nil {
			s.fail(err)
			return
		}
		s.drawLine(g, [2]int{0, len(g.runes)}, small.Bold, s.body()*small.Size, s.line(small.Size), soft, where)
	}
	if s.o.Code != "" {
		write(s.o.Title+" · "+s.o.Code, atStart)
	} else {
		write(s.o.Title, atStart)
	}
	if s.o.Page != nil && s.of > 0 {
		write(s.o.Page(n, s.of), atEnd)
	}
	s.dry, s.y, s.left, s.right = dry, y, left, right
}
