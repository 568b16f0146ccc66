package message

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// sendTime bounds the sending of one message.
const sendTime = 20 * time.Second

// Mail sends through an SMTP submission server (RFC 6409).
type Mail struct {
	Host string // "smtp.example.fr"
	Port int    // 0 for the usual one: 587, or 465 with TLS from the first byte
	// TLS from the first byte, rather than STARTTLS, which is then required.
	TLS bool
	// Clear speaks without TLS: only to a server of this machine, by its address.
	Clear bool
	User  string
	// Password gives the account's; nil without User.
	Password func(context.Context) (secret.String, error)
	From     string // "CCAS de Valsèvre <ne-pas-repondre@example.fr>"
	// Discreet is From for messages that must name no service; "" for the address of From
	// without its name.
	Discreet string
}

var _ Sender = (*Mail)(nil)

// Validate checks what an operator wrote.
func (s *Mail) Validate() error {
	if s.Host == "" || s.From == "" {
		return errors.New("mail: host and from are needed")
	}
	for _, from := range []string{s.From, s.from(true)} {
		if err := mail.NewMsg().From(from); err != nil {
			return fmt.Errorf("mail: from: %w", err)
		}
	}
	if s.Port < 0 || s.Port > 65535 {
		return fmt.Errorf("mail: port %d", s.Port)
	}
	if (s.User == "") != (s.Password == nil) {
		return errors.New("mail: a user and its secret go together")
	}
	if ip, err := netip.ParseAddr(s.Host); s.Clear && (err != nil || !ip.IsLoopback()) {
		return errors.New("mail: without TLS only to 127.0.0.1 or ::1")
	}
	if s.Clear && s.TLS {
		return errors.New("mail: TLS or clear, not both")
	}
	return nil
}

// from is whom a mail comes from.
func (s *Mail) from(discreet bool) string {
	switch {
	case !discreet:
		return s.From
	case s.Discreet != "":
		return s.Discreet
	}
	bare, err := netmail.ParseAddress(s.From)
	if err != nil {
		return s.From // Validate has refused it
	}
	return bare.Address
}

// Send sends one mail of plain text.
func (s *Mail) Send(ctx context.Context, m Message) error {
	msg := mail.NewMsg()
	from := s.from(m.Discreet)
	if err := msg.From(from); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	_, domain, _ := strings.Cut(strings.TrimSuffix(from, ">"), "@")
	if err := msg.To(m.To); err != nil {
		return ErrRefused // the address itself is not repeated
	}
	msg.Subject(m.Subject)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody answers automatically
	options := []mail.Option{mail.WithTimeout(sendTime), mail.WithHELO(domain)}
	switch {
	case s.Clear:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS), mail.WithPort(25))
	case s.TLS:
		options = append(options, mail.WithSSLPort(false))
	default:
		options = append(options, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if s.Port != 0 {
		options = append(options, mail.WithPort(s.Port))
	}
	if s.User != "" {
		password, err := s.Password(ctx)
		if err != nil {
			return fmt.Errorf("password of the mail account: %w", err)
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(password.Reveal()))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return fmt.Errorf("mail client: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil {
		return nil
	}
	// A server's own words may repeat the address: they are not passed on.
	var refused *mail.SendError
	if errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return fmt.Errorf("%w: the server answered %d", ErrRefused, refused.ErrorCode())
	}
	var lost *net.OpError
	if errors.As(err, &lost) {
		return fmt.Errorf("mail server: %s", lost.Op)
	}
	return errors.New("mail server: not taken, to be tried again")
}

// oneLine refuses what would be more than a line of a request or a header.
func oneLine(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }
