package command

import (
	"crypto/rand"
	"errors"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// member is what concerns those who sign in.
type member struct {
	Rescue memberRescue `cmd:"" help:"cli.help.member_rescue"`
}

// memberRescue makes the link by which somebody who lost their telephone chooses a
// new password and code, when nobody else can make it: the only administrator.
type memberRescue struct {
	place
	Login string `arg:"" help:"cli.help.login" placeholder:"LOGIN"`
	URL   string `help:"cli.help.base_url" placeholder:"https://HOST"`
}

// Run takes the old password and code, closes the sessions, leaves a line in the
// organisation's journal, and prints the link. The server may be running.
func (c *memberRescue) Run(s *session) (err error) {
	in, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.rows.Close()) }()
	fields, err := secret.NewFields(rand.Reader, in.ring)
	if err != nil {
		return err
	}
	acc, err := access.New(in.rows, in.journal, fields, in.ring.Derive("session"), access.Options{})
	if err != nil {
		return err
	}
	made, err := acc.RescueMember(asOperator(s.ctx), c.Login)
	if errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "cli.member.unknown", err, "login", c.Login)
	}
	if err != nil {
		return err
	}
	base := strings.TrimRight(c.URL, "/")
	if base == "" {
		base = "http://" + defaultListen
	}
	s.say("cli.member.rescued", "login", c.Login)
	s.print(base + "/invitation?jeton=" + made.Token.Reveal())
	return nil
}
