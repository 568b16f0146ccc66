package message

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/platform/outbound"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Gateway sends SMS by one HTTP request, as most providers and the modems of a closet
// want it. {to}, {text}, {from} and {id} are replaced in the body, escaped as its type needs.
type Gateway struct {
	URL    string
	Method string // POST when ""
	// Type is that of the body: application/json or application/x-www-form-urlencoded.
	Type string
	Body string
	// From replaces {from}: a sender's name or number; Discreet where it must name no service.
	From, Discreet string
	// Header carries the secret: "Authorization", with Prefix before it ("Bearer ").
	Header string
	Prefix string
	Secret func(context.Context) (secret.String, error) // nil: none
	// Private lets the address be one of the installation's own network.
	Private bool
}

var _ Sender = (*Gateway)(nil)

// The types of a body.
const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
)

const maxAnswer = 64 << 10 // bytes that are read of a gateway's answer

// Validate checks what an operator wrote.
func (g *Gateway) Validate() error {
	u, err := url.Parse(g.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("sms: url is not an address")
	case u.Scheme != "https" && !(u.Scheme == "http" && g.Private):
		return errors.New("sms: url begins with https://, or http:// in a private network")
	case g.Type != typeJSON && g.Type != typeForm:
		return fmt.Errorf("sms: type is %s or %s", typeJSON, typeForm)
	case g.Method != "" && g.Method != http.MethodPost && g.Method != http.MethodPut:
		return errors.New("sms: method is POST or PUT")
	case !strings.Contains(g.Body, "{to}") || !strings.Contains(g.Body, "{text}"):
		return errors.New("sms: the body has {to} and {text}")
	case strings.Contains(g.Body, "{from}") && (g.From == "" || g.Discreet == ""):
		return errors.New("sms: a body with {from} needs from and discreet_from")
	case (g.Secret == nil) != (g.Header == ""):
		return errors.New("sms: a secret and the header that carries it go together")
	case !oneLine(g.Header + g.Prefix):
		return errors.New("sms: a header is one line")
	}
	if g.Type == typeJSON && !json.Valid([]byte(g.fill(Message{To: "+33639984122", Text: `"\`, ID: "x"}))) {
		return errors.New(`sms: the body is not JSON; write "{to}" and "{text}" between quotes`)
	}
	return nil
}

// fill writes the body of a message.
func (g *Gateway) fill(m Message) string {
	escape := url.QueryEscape
	if g.Type == typeJSON {
		escape = func(s string) string {
			quoted, err := json.Marshal(s)
			if err != nil {
				return "" // never: any text is a JSON string
			}
			return string(quoted[1 : len(quoted)-1])
		}
	}
	from := g.From
	if m.Discreet {
		from = g.Discreet
	}
	return strings.NewReplacer("{from}", escape(from), "{to}", escape(m.To), "{text}", escape(m.Text), "{id}", escape(m.ID)).Replace(g.Body)
}

// Send asks the gateway to send one SMS. An answer 2xx is yes; 4xx other than 408 and 429
// is ErrRefused.
func (g *Gateway) Send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	method := g.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, g.URL, bytes.NewReader([]byte(g.fill(m))))
	if err != nil {
		return errors.New("sms gateway: its address")
	}
	req.Header.Set("Content-Type", g.Type)
	req.Header.Set("User-Agent", "Parvis")
	if g.Secret != nil {
		s, err := g.Secret(ctx)
		if err != nil {
			return fmt.Errorf("secret of the sms gateway: %w", err)
		}
		req.Header.Set(g.Header, g.Prefix+s.Reveal())
	}
	res, err := outbound.New(outbound.Options{Timeout: sendTime, Private: g.Private}).Do(req)
	if err != nil { // the error would repeat the address with what it asks
		if errors.Is(err, outbound.ErrAddress) {
			return fmt.Errorf("sms gateway: %w", outbound.ErrAddress)
		}
		return errors.New("sms gateway: no answer")
	}
	defer res.Body.Close()
	// Read so that the gateway ends its answer; what it says may repeat the number.
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)); err != nil {
		return errors.New("sms gateway: its answer was cut")
	}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return fmt.Errorf("%w: the gateway answered %d", ErrRefused, code)
	default:
		return fmt.Errorf("sms gateway answered %d", code)
	}
}
