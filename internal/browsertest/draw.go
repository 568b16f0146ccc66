package browsertest

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Draw signs with the mouse in the drawing whose name is label: a line across it.
func (v *Visitor) Draw(label string) {
	v.t.Helper()
	pad := "document.querySelector('svg[role=img][aria-label=" + quote(label) + "]')"
	box := Eval[[]float64](v, "(() => { const p = "+pad+"; p.scrollIntoView({block: 'center'}); const r = p.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()")
	move := func(kind input.DispatchMouseEventType, part float64) {
		x, y := box[0]+box[2]*part, box[1]+box[3]*(0.3+0.4*part)
		v.do("draw", call(input.DispatchMouseEvent.Method, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: "left", Buttons: 1, ClickCount: 1})
			return err
		}))
	}
	move("mousePressed", 0.1)
	for i := 2; i < 9; i++ {
		move("mouseMoved", float64(i)/10)
	}
	move("mouseReleased", 0.9)
	if got := Eval[string](v, pad+".querySelector('path').getAttribute('d')"); len(got) < 20 {
		v.t.Fatal(fmt.Errorf("nothing is drawn: %q", got))
	}
}
