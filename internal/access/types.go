package access

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of what a form may send, in characters unless said otherwise.
const (
	maxLogin    = 254 // bytes, as an e-mail address
	maxName     = 100
	maxFunction = 80
	maxLine     = 200
	maxHours    = 1000
	maxTeams    = 50 // of one worker
)

// Organisation is a town social centre, an association, a département.
type Organisation struct {
	ID      core.ID
	Name    string
	Address string // one or several lines
	Phone   string
	Hours   string // opening hours, in words
	Place   string // IANA time zone: "Europe/Paris", "Indian/Reunion"
	Version int64
}

// Trim removes outer spaces, in place.
func (o *Organisation) Trim() {
	for _, s := range []*string{&o.Name, &o.Address, &o.Phone, &o.Hours, &o.Place} {
		*s = strings.TrimSpace(*s)
	}
}

// Validate checks what a form sent: fields org_name, org_address, org_phone,
// org_hours, org_place.
func (o Organisation) Validate() error {
	var f errs.Fields
	o.validate(&f)
	return f.Err()
}

func (o Organisation) validate(f *errs.Fields) {
	required(f, "org_name", o.Name, maxName)
	text(f, "org_address", o.Address, 3*maxLine, true)
	text(f, "org_phone", o.Phone, maxName, false)
	text(f, "org_hours", o.Hours, maxHours, true)
	if _, err := time.LoadLocation(o.Place); err != nil || o.Place == "" || o.Place == "Local" {
		f.Add("org_place", "access.error.place")
	}
}

// Team is the circle within which an accompaniment is shared.
type Team struct {
	ID      core.ID
	Name    string
	Version int64
}

// Worker is somebody who signs in to work or to administer the members.
type Worker struct {
	ID          core.ID
	Login       string
	Name        string // as colleagues and persons read it: « Claire Maurel »
	Function    string // « assistante sociale »
	Works       bool   // accompanies people, within Teams
	Administers bool   // the members and the organisation, never content
	Welcomes    bool   // at the desk: passages, calls, obstacles; without Works, never a file
	Active      bool
	Invited     bool // waits for the first sign-in; only Members fills it
	Teams       []core.ID
	Version     int64
}

// Trim removes outer spaces and makes the login canonical, in place.
func (w *Worker) Trim() {
	w.Name, w.Function = strings.TrimSpace(w.Name), strings.TrimSpace(w.Function)
	w.Login = canonicalLogin(w.Login)
}

// Validate checks what a form sent: fields login, name, function, roles, teams.
func (w Worker) Validate() error {
	var f errs.Fields
	w.validate(&f)
	return f.Err()
}

// validatePlaced is Validate for somebody whom a colleague invites or changes:
// whoever accompanies people is in a team, else no file would ever open for them and
// nothing would tell them why.
func (w Worker) validatePlaced() error {
	var f errs.Fields
	w.validate(&f)
	if w.Works && len(w.Teams) == 0 {
		f.Add("teams", "access.error.no_team")
	}
	return f.Err()
}

func (w Worker) validate(f *errs.Fields) {
	switch {
	case w.Login == "":
		f.Add("login", "access.error.required")
	case !loginOK(w.Login):
		f.Add("login", "access.error.login_shape")
	}
	required(f, "name", w.Name, maxName)
	text(f, "function", w.Function, maxFunction, false)
	if !w.Works && !w.Administers && !w.Welcomes {
		f.Add("roles", "access.error.no_role")
	}
	if len(w.Teams) > maxTeams {
		f.Add("teams", "access.error.too_many", "max", maxTeams)
	}
}

// Client is where a request comes from.
type Client struct {
	Address string // IP address, for the brakes on guessing; never stored in clear
	Device  string // what the browser says it is, for "my sessions"; cut at 200 bytes
}

// canonicalLogin is the form under which a login is stored and looked for.
func canonicalLogin(s string) string {
	if len(s) > 4*maxLogin || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return "" // nobody's: no database takes the others
	}
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
}

// loginOK accepts letters, digits and . _ - + @, of 3 to 254 bytes.
func loginOK(s string) bool {
	if len(s) < 3 || len(s) > maxLogin {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-+@", r) {
			return false
		}
	}
	return true
}

// network is what of an address the brakes count: an IPv4 address, or the /64 of
// an IPv6 one, which a single subscriber holds whole.
func (c Client) network() string {
	a, err := netip.ParseAddr(c.Address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

func (c Client) device() string {
	d := c.Device
	if len(d) > maxLine {
		d = d[:maxLine]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(d, ""))
}

func required(f *errs.Fields, field, value string, most int) {
	if value == "" {
		f.Add(field, "access.error.required")
		return
	}
	text(f, field, value, most, false)
}

// text refuses bytes that are not UTF-8, controls (line ends pass when lines is
// true) and more than most characters.
func text(f *errs.Fields, field, value string, most int, lines bool) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "access.error.text_characters")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "access.error.text_long", "max", most)
	case strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	}):
		f.Add(field, "access.error.text_characters")
	}
}
