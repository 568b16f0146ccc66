package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// settingsFile is where an installation's settings are looked for in its data
// directory when no other file is named.
const settingsFile = "settings.toml"

// maxSettings bounds the file, in bytes.
const maxSettings = 256 << 10

// Settings is what an installation says of itself in a file: who reaches it where,
// how long a session lasts, by whom else one may sign in. Never a secret: those are
// in files or commands that it names. The zero Settings is a machine on its own.
type Settings struct {
	// Address is how browsers reach this installation, "https://parvis.example.fr".
	Address string `toml:"address"`
	// Papers says where and how people's papers are kept.
	Papers   PapersSettings  `toml:"papers"`
	Sessions SessionSettings `toml:"sessions"`
	// Issuers are providers of identities by whom workers, or persons, may sign in.
	Issuers []IssuerSettings `toml:"issuer"`
	// Mail and SMS are how short messages leave: codes to come in with. None when absent.
	Mail *MailSettings `toml:"mail"`
	SMS  *SMSSettings  `toml:"sms"`
}

// MailSettings is a submission server. The account's secret is in a file or given by a
// command.
type MailSettings struct {
	Host          string   `toml:"host"`
	Port          int      `toml:"port"`
	TLS           bool     `toml:"tls"`   // from the first byte; STARTTLS otherwise
	Clear         bool     `toml:"clear"` // without TLS, on this machine alone
	User          string   `toml:"user"`
	SecretFile    string   `toml:"secret_file"`
	SecretCommand []string `toml:"secret_command"`
	From          string   `toml:"from"`
	DiscreetFrom  string   `toml:"discreet_from"`
}

// SMSSettings is a gateway that sends an SMS by one HTTP request.
type SMSSettings struct {
	URL           string   `toml:"url"`
	Method        string   `toml:"method"`
	Type          string   `toml:"type"`
	Body          string   `toml:"body"`
	From          string   `toml:"from"`
	DiscreetFrom  string   `toml:"discreet_from"`
	Header        string   `toml:"header"`
	Prefix        string   `toml:"prefix"`
	SecretFile    string   `toml:"secret_file"`
	SecretCommand []string `toml:"secret_command"`
	Private       bool     `toml:"private"`
}

// senders makes what sends messages.
func (s Settings) senders() (message.Senders, error) {
	out := message.Senders{}
	if m := s.Mail; m != nil {
		get, err := secretOf("mail", m.SecretFile, m.SecretCommand)
		if err != nil {
			return nil, err
		}
		sender := &message.Mail{Host: m.Host, Port: m.Port, TLS: m.TLS, Clear: m.Clear, User: m.User, Password: get, From: m.From, Discreet: m.DiscreetFrom}
		if err := sender.Validate(); err != nil {
			return nil, err
		}
		out[message.Email] = sender
	}
	if m := s.SMS; m != nil {
		get, err := secretOf("sms", m.SecretFile, m.SecretCommand)
		if err != nil {
			return nil, err
		}
		sender := &message.Gateway{URL: m.URL, Method: m.Method, Type: m.Type, Body: m.Body, From: m.From, Discreet: m.DiscreetFrom, Header: m.Header, Prefix: m.Prefix, Secret: get, Private: m.Private}
		if err := sender.Validate(); err != nil {
			return nil, err
		}
		out[message.SMS] = sender
	}
	return out, nil
}

// secretOf is how a secret is read when it is needed; nil when none is named.
func secretOf(whose, file string, command []string) (func(context.Context) (secret.String, error), error) {
	switch {
	case file != "" && len(command) > 0:
		return nil, fmt.Errorf("%s: a secret_file or a secret_command, not both", whose)
	case file != "":
		return func(context.Context) (secret.String, error) { return readSecret(file) }, nil
	case len(command) > 0:
		return func(ctx context.Context) (secret.String, error) {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			said, err := exec.CommandContext(ctx, command[0], command[1:]...).Output() // #nosec G204 -- the command that the operator's settings name, never a request
			if err != nil {
				return "", fmt.Errorf("command of %s: %w", whose, err)
			}
			return oneLine(said)
		}, nil
	}
	return nil, nil
}

// IssuerSettings is an OpenID Connect provider. The client's secret is in a file or
// given by a command, never here.
type IssuerSettings struct {
	ID            string   `toml:"id"`
	Name          string   `toml:"name"`
	For           string   `toml:"for"` // "workers" (or nothing), "persons"
	URL           string   `toml:"url"`
	ClientID      string   `toml:"client_id"`
	SecretFile    string   `toml:"secret_file"`
	SecretCommand []string `toml:"secret_command"`
	Scopes        []string `toml:"scopes"`
	Levels        []struct {
		ACR string   `toml:"acr"`
		AMR []string `toml:"amr"`
		AAL int      `toml:"aal"`
	} `toml:"level"`
}

// SessionSettings are durations as Go writes them, "30m"; "" for the usual one.
type SessionSettings struct {
	Idle        string `toml:"idle"`
	Absolute    string `toml:"absolute"`
	IdleOne     string `toml:"idle_one_factor"`
	AbsoluteOne string `toml:"absolute_one_factor"`
	Beside      string `toml:"beside"`
	Recent      string `toml:"recent"`
}

// Bounds of a session's durations: below, nobody could finish a form; above, a
// forgotten screen stays open.
const (
	shortest = time.Minute
	longest  = 7 * 24 * time.Hour
)

// ReadSettings reads a settings file, or the one of the data directory when file is
// "": there, none is no error. An unknown name, a wrong value or a file too large is
// Invalid, with a sentence for the operator.
func ReadSettings(file, data string) (Settings, error) {
	var out Settings
	path := file
	if path == "" {
		path = filepath.Join(data, settingsFile)
	}
	bad := func(err error) (Settings, error) {
		return Settings{}, errs.Wrap(errs.Invalid, "cli.settings.bad", err, "path", path, "why", err.Error())
	}
	info, err := os.Stat(path)
	if file == "" && errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return bad(err)
	}
	if info.Size() > maxSettings {
		return bad(fmt.Errorf("%d bytes, at most %d", info.Size(), maxSettings))
	}
	read, err := toml.DecodeFile(path, &out)
	if err != nil {
		return bad(err)
	}
	if unknown := read.Undecoded(); len(unknown) > 0 {
		names := make([]string, len(unknown))
		for i, k := range unknown {
			names[i] = k.String()
		}
		return bad(fmt.Errorf("unknown: %s", strings.Join(names, ", ")))
	}
	if _, err := out.access(access.Options{}); err != nil {
		return bad(err)
	}
	if _, err := out.senders(); err != nil {
		return bad(err)
	}
	if err := out.Papers.check(); err != nil {
		return bad(err)
	}
	for _, i := range out.Issuers {
		described, err := i.describe()
		if err == nil {
			err = described.Validate()
		}
		if err != nil {
			return bad(err)
		}
	}
	return out, nil
}

// access completes the options of the way in.
func (s Settings) access(o access.Options) (access.Options, error) {
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{
		{"idle", s.Sessions.Idle, &o.Idle}, {"absolute", s.Sessions.Absolute, &o.Absolute},
		{"idle_one_factor", s.Sessions.IdleOne, &o.IdleOne}, {"absolute_one_factor", s.Sessions.AbsoluteOne, &o.AbsoluteOne},
		{"beside", s.Sessions.Beside, &o.Beside}, {"recent", s.Sessions.Recent, &o.Recent},
	} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil {
			return o, fmt.Errorf("sessions.%s: %w", d.name, err)
		}
		if v < shortest || v > longest {
			return o, fmt.Errorf("sessions.%s: %s is not between %s and %s", d.name, v, shortest, longest)
		}
		*d.to = v
	}
	return o, nil
}

// maxSecret bounds a client's secret, in bytes.
const maxSecret = 4096

// describe makes the issuer of the settings. A public client has no secret.
func (i IssuerSettings) describe() (issuer.Issuer, error) {
	out := issuer.Issuer{ID: i.ID, Name: i.Name, For: issuer.Audience(i.For), URL: i.URL, ClientID: i.ClientID, Scopes: i.Scopes}
	for _, l := range i.Levels {
		out.Levels = append(out.Levels, issuer.Level{ACR: l.ACR, AMR: l.AMR, AAL: l.AAL})
	}
	var err error
	out.Secret, err = secretOf("issuer "+i.ID, i.SecretFile, i.SecretCommand)
	return out, err
}

func readSecret(file string) (secret.String, error) {
	info, err := os.Stat(file) // #nosec G703 -- the file that the operator names in the settings, never a request
	if err != nil {
		return "", err
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("%s: %d bytes, at most %d", file, info.Size(), maxSecret)
	}
	said, err := os.ReadFile(file) // #nosec G703 -- as above
	if err != nil {
		return "", err
	}
	return oneLine(said)
}

func oneLine(said []byte) (secret.String, error) {
	text := strings.TrimSpace(string(said))
	if text == "" || len(text) > maxSecret || strings.ContainsAny(text, "\r\n") {
		return "", errors.New("a secret is one line that is not empty")
	}
	return secret.String(text), nil
}

// issuers makes what signs in through them.
func (s Settings) issuers(d issuer.Deps) (*issuer.Service, error) {
	for _, i := range s.Issuers {
		described, err := i.describe()
		if err != nil {
			return nil, err
		}
		d.Issuers = append(d.Issuers, described)
	}
	return issuer.New(d)
}
