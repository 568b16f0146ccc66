// Package qrcode draws QR codes for pages. Documents on paper draw their own
// (internal/platform/pdf).
//
//	c, err := qrcode.Draw("otpauth://…", qr.M)
//	<svg viewBox="0 0 {{.Size}} {{.Size}}"><path fill="#000" d="{{.Path}}"/></svg>
package qrcode

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// Code is a drawing of Size × Size modules, its quiet margin included. Path is an
// SVG path of the dark ones: draw it in black on white, whatever the theme.
type Code struct {
	Size int
	Path string
}

// MaxBytes is the longest text that a code of the lowest correction holds.
const MaxBytes = 2953

// Draw draws a text, the dark modules of a row joined into bars. The error says that
// the text is too long for the correction asked.
func Draw(text string, level qr.Level) (Code, error) {
	code, err := qr.Encode(text, level)
	if err != nil {
		return Code{}, fmt.Errorf("draw a QR code of %d bytes: %w", len(text), err)
	}
	const quiet = 4
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			n := strconv.Itoa(x - from)
			b.WriteString("M" + strconv.Itoa(from+quiet) + " " + strconv.Itoa(y+quiet) + "h" + n + "v1h-" + n + "z")
		}
	}
	return Code{Size: code.Size + 2*quiet, Path: b.String()}, nil
}
