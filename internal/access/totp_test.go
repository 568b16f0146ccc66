package access

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"
)

// The vectors of RFC 6238, appendix B (SHA-1), in their last six figures.
func TestTOTPVectors(t *testing.T) {
	key := []byte("12345678901234567890")
	for unix, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		now := time.Unix(unix, 0)
		step, ok := totpStep(key, code, now, totpSkew)
		if !ok || step != unix/30 {
			t.Errorf("at %d: step %d, %v; want %d", unix, step, ok, unix/30)
		}
		for _, c := range []struct {
			shift time.Duration
			want  bool
		}{{-30 * time.Second, true}, {30 * time.Second, true}, {-90 * time.Second, false}, {90 * time.Second, false}} {
			if _, ok := totpStep(key, code, now.Add(c.shift), totpSkew); ok != c.want {
				t.Errorf("at %d, clock off by %v: accepted %v, want %v", unix, c.shift, ok, c.want)
			}
		}
		spaced := code[:3] + "\u00a0" + code[3:]
		if _, ok := totpStep(key, spaced, now, totpSkew); !ok {
			t.Errorf("at %d: %q refused", unix, spaced)
		}
		for _, bad := range []string{"", "000000000", code + "0", code[:5], "abcdef", "２８７０８２", code + "\x00"} {
			if _, ok := totpStep(key, bad, now, totpSkew); ok {
				t.Errorf("at %d: %q accepted", unix, bad)
			}
		}
	}
}

// TestQRDrawsTheURI draws the path as a browser would and compares it with the
// modules of the code.
func TestQRDrawsTheURI(t *testing.T) {
	e, err := newEnrolment(bytes.Repeat([]byte{0xA5}, totpSecretBytes), "CCAS de Valsèvre : siège", "claire@valsevre.example")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(e.URI, "otpauth://totp/CCAS%20de%20Vals%C3%A8vre%20%20%20si%C3%A8ge:claire@valsevre.example?") {
		t.Errorf("URI %s", e.URI)
	}
	if strings.Contains(e.URI, "+") || !strings.Contains(e.URI, "secret="+strings.ReplaceAll(e.Secret, " ", "")) {
		t.Errorf("URI %s does not hold the secret %s as applications read it", e.URI, e.Secret)
	}
	code, err := qr.Encode(e.URI, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	if e.QR.Size != code.Size+8 {
		t.Errorf("size %d, want %d with a quiet margin of 4", e.QR.Size, code.Size+8)
	}
	img := image.NewGray(image.Rect(0, 0, e.QR.Size, e.QR.Size))
	for _, bar := range strings.Split(strings.TrimSuffix(e.QR.Path, "z"), "z") {
		var x, y, w int
		if n, err := sscanBar(bar, &x, &y, &w); err != nil || n != 3 {
			t.Fatalf("bar %q: %v", bar, err)
		}
		for i := range w {
			img.SetGray(x+i, y, color.Gray{Y: 255})
		}
	}
	for y := range e.QR.Size {
		for x := range e.QR.Size {
			if want := code.Black(x-4, y-4); (img.GrayAt(x, y).Y == 255) != want {
				t.Fatalf("module %d,%d: dark %v, want %v", x, y, !want, want)
			}
		}
	}
}

func sscanBar(bar string, x, y, w *int) (int, error) {
	var back int
	n, err := fmt.Sscanf(bar, "M%d %dh%dv1h-%d", x, y, w, &back)
	if err == nil && back != *w {
		err = fmt.Errorf("goes back by %d, not %d", back, *w)
	}
	return n - 1, err
}
