package message_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// post is a real SMTP server on this machine that keeps what it takes.
type post struct {
	mu   sync.Mutex
	got  []string // whole mails
	from string
	no   map[string]int // answers to an address
	port int
}

type letter struct{ p *post }

func (l letter) Reset()        {}
func (l letter) Logout() error { return nil }
func (l letter) Mail(from string, _ *smtp.MailOptions) error {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.p.from = from
	return nil
}

func (l letter) Rcpt(to string, _ *smtp.RcptOptions) error {
	if code := l.p.no[to]; code != 0 {
		return &smtp.SMTPError{Code: code, Message: "no " + to}
	}
	return nil
}

func (l letter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.p.got = append(l.p.got, string(b))
	return err
}

func openPost(t *testing.T, certificate *tls.Config) *post {
	t.Helper()
	p := &post{no: map[string]int{"nobody@example.org": 550, "later@example.org": 451}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return letter{p}, nil }))
	server.Domain, server.ReadTimeout, server.WriteTimeout, server.TLSConfig = "localhost", 5*time.Second, 5*time.Second, certificate
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // ends with Close
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return p
}

// A mail arrives whole, in Arabic too; a refusal for good is told from one that may pass.
func TestMail(t *testing.T) {
	p := openPost(t, nil)
	s := &message.Mail{Host: "127.0.0.1", Port: p.port, Clear: true, From: "CCAS de Valsèvre <ne-pas-repondre@example.org>"}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	text := "Votre code est 402817.\nرمزكم هو 402817."
	if err := s.Send(t.Context(), message.Message{ID: "1", Kind: message.Email, To: "samira@example.org", Subject: "CCAS de Valsèvre : votre code", Text: text}); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message.Message{ID: "2", To: "samira@example.org", Subject: "Code", Text: "Code : 1", Discreet: true}); err != nil {
		t.Fatal(err)
	}
	if len(p.got) != 2 {
		t.Fatalf("%d mails", len(p.got))
	}
	got, err := mail.ReadMessage(strings.NewReader(p.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	if err != nil || strings.ReplaceAll(strings.TrimSpace(string(body)), "\r\n", "\n") != text {
		t.Errorf("%v %q", err, body)
	}
	if got.Header.Get("Auto-Submitted") != "auto-generated" || !strings.Contains(got.Header.Get("To"), "samira@example.org") {
		t.Errorf("%v", got.Header)
	}
	if strings.Contains(p.got[1], "CCAS") || strings.Contains(p.got[1], "Vals") {
		t.Errorf("a discreet mail names the service: %s", p.got[1])
	}
	err = s.Send(t.Context(), message.Message{To: "nobody@example.org", Text: "x"})
	if !errors.Is(err, message.ErrRefused) || strings.Contains(err.Error(), "nobody") {
		t.Errorf("an address that does not exist: %v", err)
	}
	if err := s.Send(t.Context(), message.Message{To: "later@example.org", Text: "x"}); err == nil || errors.Is(err, message.ErrRefused) || strings.Contains(err.Error(), "later@") {
		t.Errorf("a server that is busy: %v", err)
	}
	for _, bad := range []string{"", "a@b@c", "x\r\nBcc: other@example.org"} {
		if err := s.Send(t.Context(), message.Message{To: bad, Text: "x"}); !errors.Is(err, message.ErrRefused) {
			t.Errorf("to %q: %v", bad, err)
		}
	}
	if err := (&message.Mail{Host: "127.0.0.1", Port: 1, Clear: true, From: "a@example.org"}).Send(t.Context(), message.Message{To: "b@example.org"}); err == nil || errors.Is(err, message.ErrRefused) {
		t.Errorf("no server: %v", err)
	}
}

// Without Clear, a server whose TLS is not to be believed gets nothing.
func TestMailWantsTLS(t *testing.T) {
	plain := openPost(t, nil)
	s := &message.Mail{Host: "127.0.0.1", Port: plain.port, From: "a@example.org"}
	if err := s.Send(t.Context(), message.Message{To: "samira@example.org", Text: "x"}); err == nil || len(plain.got) > 0 {
		t.Errorf("sent in clear: %v", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nobody"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	own := openPost(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12})
	s.Port = own.port
	if err := s.Send(t.Context(), message.Message{To: "samira@example.org", Text: "x"}); err == nil || len(own.got) > 0 {
		t.Errorf("sent to a server of nobody: %v", err)
	}
}

func TestBadMailSettings(t *testing.T) {
	password := func(context.Context) (secret.String, error) { return "x", nil }
	for name, s := range map[string]message.Mail{
		"no host":            {From: "a@example.org"},
		"no from":            {Host: "smtp.example.org"},
		"a from of nothing":  {Host: "smtp.example.org", From: "CCAS"},
		"a bad discreet one": {Host: "smtp.example.org", From: "a@example.org", Discreet: "x"},
		"clear elsewhere":    {Host: "smtp.example.org", From: "a@example.org", Clear: true},
		"clear and TLS":      {Host: "127.0.0.1", From: "a@example.org", Clear: true, TLS: true},
		"a user alone":       {Host: "smtp.example.org", From: "a@example.org", User: "u"},
		"a secret alone":     {Host: "smtp.example.org", From: "a@example.org", Password: password},
		"a port of nothing":  {Host: "smtp.example.org", From: "a@example.org", Port: 70000},
	} {
		if err := s.Validate(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// A gateway gets the number, the text and the secret as it wants them, and nothing is
// followed nor repeated.
func TestGateway(t *testing.T) {
	var asked *http.Request
	var body string
	answer := http.StatusAccepted
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked, body = r, string(b)
		if answer == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(answer)
	}))
	defer server.Close()
	text := "CCAS \"Valsèvre\" : code 1\nرمز & {to}"
	m := message.Message{ID: "id-1", Kind: message.SMS, To: "+33639984122", Text: text}
	g := &message.Gateway{URL: server.URL, Type: "application/json", Body: `{"to":"{to}","message":"{text}","ref":"{id}","from":"{from}"}`, From: "CCAS", Discreet: "INFO", Header: "Authorization", Prefix: "Bearer ", Private: true,
		Secret: func(context.Context) (secret.String, error) { return "s3cret", nil }}
	if err := g.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := g.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil || got["to"] != m.To || got["message"] != text || got["ref"] != "id-1" || got["from"] != "CCAS" || asked.Header.Get("Authorization") != "Bearer s3cret" {
		t.Errorf("%v %s", err, body)
	}
	m.Discreet = true
	form := &message.Gateway{URL: server.URL, Method: http.MethodPut, Type: "application/x-www-form-urlencoded", Body: "number={to}&text={text}&from={from}", From: "CCAS", Discreet: "INFO", Private: true}
	if err := form.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if v, err := url.ParseQuery(body); err != nil || v.Get("number") != m.To || v.Get("text") != text || v.Get("from") != "INFO" || asked.Method != http.MethodPut {
		t.Errorf("%v %s", err, body)
	}
	for code, refused := range map[int]bool{400: true, 401: true, 404: true, 408: false, 429: false, 500: false, 302: false} {
		answer = code
		err := form.Send(t.Context(), m)
		if err == nil || errors.Is(err, message.ErrRefused) != refused || strings.Contains(err.Error(), "639984122") {
			t.Errorf("%d: %v", code, err)
		}
	}
	form.Private = false
	if err := form.Send(t.Context(), m); err == nil || errors.Is(err, message.ErrRefused) {
		t.Errorf("an address of the own network: %v", err)
	}
	for name, bad := range map[string]message.Gateway{
		"no address":          {Type: "application/json", Body: `{"a":"{to}{text}"}`},
		"clear on the net":    {URL: "http://sms.example.org", Type: "application/json", Body: `{"a":"{to}{text}"}`},
		"no number":           {URL: "https://sms.example.org", Type: "application/json", Body: `{"a":"{text}"}`},
		"not JSON":            {URL: "https://sms.example.org", Type: "application/json", Body: `{"to":{to},"text":{text}}`},
		"another type":        {URL: "https://sms.example.org", Type: "text/plain", Body: "{to}{text}"},
		"a header of nothing": {URL: "https://sms.example.org", Type: "application/json", Body: `{"a":"{to}{text}"}`, Header: "X"},
		"from without a name": {URL: "https://sms.example.org", Type: "application/json", Body: `{"a":"{to}{text}{from}"}`, From: "CCAS"},
		"a GET":               {URL: "https://sms.example.org", Method: "GET", Type: "application/json", Body: `{"a":"{to}{text}"}`},
	} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := (message.Senders{}).Send(t.Context(), m); !errors.Is(err, message.ErrRefused) {
		t.Errorf("no sender: %v", err)
	}
}
