package qrcode_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"

	"codeberg.org/parvis/parvis/internal/platform/qrcode"
)

var bar = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// TestTheDrawingIsTheCode: module by module, with its quiet margin.
func TestTheDrawingIsTheCode(t *testing.T) {
	for _, text := range []string{"x", "parvis journal receipt 1\n", strings.Repeat("é", qrcode.MaxBytes/2)} {
		c, err := qrcode.Draw(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		want, err := qr.Encode(text, qr.L)
		if err != nil || c.Size != want.Size+8 {
			t.Fatalf("%d modules, want %d, %v", c.Size, want.Size+8, err)
		}
		dark := map[[2]int]bool{}
		for _, m := range bar.FindAllStringSubmatch(c.Path, -1) {
			var n [4]int
			for i := range n {
				if n[i], err = strconv.Atoi(m[i+1]); err != nil {
					t.Fatal(err)
				}
			}
			if n[2] != n[3] {
				t.Fatalf("%s does not close", m[0])
			}
			for i := range n[2] {
				dark[[2]int{n[0] + i, n[1]}] = true
			}
		}
		for y := range c.Size {
			for x := range c.Size {
				if dark[[2]int{x, y}] != want.Black(x-4, y-4) {
					t.Fatalf("module %d, %d", x, y)
				}
			}
		}
	}
	if _, err := qrcode.Draw(strings.Repeat("a", qrcode.MaxBytes+1), qr.L); err == nil {
		t.Error("a text too long was drawn")
	}
}
