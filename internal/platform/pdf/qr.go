package pdf

import (
	"fmt"

	"rsc.io/qr"
)

// Pocket draws a card to cut out and carry, 86 by 54 mm in normal print: a QR code of
// text on one side, lines on the other, the first of them in bold. In large print
// both take the width of the page.
func (d *Document) Pocket(text string, lines ...string) {
	s := d.s
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		s.fail(fmt.Errorf("draw a QR code: %w", err))
		return
	}
	side, wide, high := 40.0, 86.0, 54.0
	if s.o.Large {
		side, wide, high = 62, s.right-s.left, 84
	}
	s.y += s.line(.5)
	s.room(high + s.line(1))
	x := s.left
	if s.o.RTL {
		x = s.right - wide
	}
	if !s.dry {
		s.pen(edge)
		s.pdf.SetDashPattern([]float64{2, 2}, 0)
		s.pdf.Rect(x, s.y, wide, high, "D")
		s.pdf.SetDashPattern(nil, 0)
		s.modules(code, x+3, s.y+(high-side)/2, side)
	}
	top, l, r := s.y, s.left, s.right
	s.left, s.right = x+side+6, x+wide-3
	s.y += 4
	for i, line := range lines {
		s.text(line, Style{Size: .82, Bold: i == 0}, atStart)
		s.y += 1
	}
	s.left, s.right = l, r
	s.y = max(s.y, top+high) + s.line(.4)
}

// Square draws a QR code of a text of up to some 2,000 bytes, 80 mm wide (120 in large
// print), for a document that a phone or a scanner reads back.
func (d *Document) Square(text string) {
	s := d.s
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		s.fail(fmt.Errorf("draw a QR code: %w", err))
		return
	}
	side := 80.0
	if s.o.Large {
		side = 120
	}
	s.y += s.line(.5)
	s.room(side)
	x := s.left
	if s.o.RTL {
		x = s.right - side
	}
	if !s.dry {
		s.modules(code, x, s.y, side)
	}
	s.y += side
}

// modules fills the dark squares of a QR code, a row of them at once, with its quiet
// margin inside side.
func (s *setter) modules(code *qr.Code, x, y, side float64) {
	const quiet = 4
	unit := side / float64(code.Size+2*quiet)
	s.pdf.SetFillColor(0, 0, 0)
	for row := range code.Size {
		for col := 0; col < code.Size; col++ {
			from := col
			for col < code.Size && code.Black(col, row) {
				col++
			}
			if col > from {
				s.pdf.Rect(x+unit*float64(from+quiet), y+unit*float64(row+quiet), unit*float64(col-from), unit*1.02, "F")
			}
		}
	}
}

// Fold draws the line along which a page is folded or cut, with what it says.
func (d *Document) Fold(text string) {
	s := d.s
	s.y += s.line(.6)
	s.room(3 * s.line(1))
	if !s.dry {
		s.pen(edge)
		s.pdf.SetDashPattern([]float64{4, 3}, 0)
		s.pdf.Line(0, s.y, pageWidth, s.y)
		s.pdf.SetDashPattern(nil, 0)
	}
	s.y += s.line(.2)
	s.text(text, Small, atStart)
}
