package access

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- RFC 6238: what authenticator applications use
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/qrcode"

	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"
)

// Time-based one-time codes (RFC 6238): six figures, a new one every 30 s, one
// step of tolerance on each side for clocks that drift.
const (
	totpPeriod      = 30 * time.Second
	totpSkew        = 1
	totpSecretBytes = sha1.Size
	// clockHint is how far, in steps, an application's clock is recognised as
	// wrong while it is being set up: 10 minutes.
	clockHint = 20
)

var base32Secret = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpStep returns the step whose code this is among those within skew steps of
// now, the nearest first; ok is false when it is none of them.
func totpStep(secret []byte, code string, now time.Time, skew int64) (step int64, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, code)
	if len(code) != 6 {
		return 0, false
	}
	text := base32Secret.EncodeToString(secret)
	at := now.Unix() / int64(totpPeriod/time.Second)
	for d := int64(0); d <= skew; d++ {
		for _, candidate := range []int64{at - d, at + d} {
			want, err := hotp.GenerateCode(text, uint64(max(candidate, 0)))
			if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && !ok {
				step, ok = candidate, true
			}
		}
	}
	return step, ok
}

// Enrolment is what a worker needs to add the second factor to an application:
// a drawing to scan and the same secret to type.
type Enrolment struct {
	Secret string // base 32 in groups of four, to type by hand
	URI    string // otpauth://totp/…, to open on the phone itself
	QR     qrcode.Code
}

// enrolmentSecret is the second factor's secret of one invitation opened in one
// browser. It is derived, so that nothing is stored before the code is proved, and
// bound to the browser, so that somebody who saw the link earlier does not hold it.
func (s *Service) enrolmentSecret(token, browser string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("parvis totp enrolment v1\x00" + token + "\x00" + browser))
	return mac.Sum(nil)[:totpSecretBytes]
}

// newEnrolment draws the secret for an application. issuer is the organisation's
// name as the application will list it.
func newEnrolment(secret []byte, issuer, login string) (Enrolment, error) {
	issuer = strings.ReplaceAll(issuer, ":", " ") // ":" parts issuer and account
	text := base32Secret.EncodeToString(secret)
	v := url.Values{"secret": {text}, "issuer": {issuer}, "period": {"30"}, "digits": {"6"}, "algorithm": {"SHA1"}}
	uri := "otpauth://totp/" + url.PathEscape(issuer+":"+login) + "?" + strings.ReplaceAll(v.Encode(), "+", "%20")
	code, err := qrcode.Draw(uri, qr.M)
	if err != nil {
		return Enrolment{}, err
	}
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:min(i+4, len(text))])
	}
	return Enrolment{Secret: strings.Join(groups, " "), URI: uri, QR: code}, nil
}
