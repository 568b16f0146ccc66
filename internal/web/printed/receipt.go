package printed

import (
	"context"

	"rsc.io/qr"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/qrcode"
)

// Receipts proves that papers were printed: *journal.Journal is one.
type Receipts interface {
	Receipt(ctx context.Context, code, mark string) (journal.Proof, error)
}

// Receipt is the receipt of a paper on the paper itself: what `parvis verify` and the
// page /verifier take, as a QR code. It says the day and the sort of paper, never of
// whom.
type Receipt struct {
	Text string
	QR   qrcode.Code
}

// ReceiptOf is the receipt of a paper by its code and mark; nil when it has none, its
// line was erased, or the text is too long to be read back by a camera: the code and
// the mark stay.
func ReceiptOf(ctx context.Context, from Receipts, code, mark string) (*Receipt, error) {
	if mark == "" {
		return nil, nil
	}
	proof, err := from.Receipt(ctx, code, mark)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Receipt{Text: string(proof.Text())}
	if len(r.Text) > qrcode.MaxBytes {
		return nil, nil
	}
	r.QR, err = qrcode.Draw(r.Text, qr.L)
	return r, err
}
