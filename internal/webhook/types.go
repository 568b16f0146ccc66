package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/outbound"
)

// Kind is what happened, as a receiver reads it in "type". Kinds are only added.
type Kind string

// The kinds.
const (
	FileOpened    Kind = "file.opened"    // a file for somebody new
	FileChanged   Kind = "file.changed"   // identity, contact, household, facts, two files made one
	PlanChanged   Kind = "plan.changed"   // expectations, goals, steps, calls and letters
	RightComputed Kind = "right.computed" // the rights of a month were computed
	RightDecided  Kind = "right.decided"  // the person decided something of a right
	StepDue       Kind = "step.due"       // the day of a step has come
	Trial         Kind = "webhook.test"   // somebody tries the address; cannot be chosen
)

// Kinds lists what can be chosen, in its order on a page.
func Kinds() []Kind {
	return []Kind{FileOpened, FileChanged, PlanChanged, RightComputed, RightDecided, StepDue}
}

// State is whether an address is told.
type State string

// The states of an address. A broken one was stopped by the program after days
// of failures; like a paused one it is told nothing until somebody resumes it.
const (
	On     State = "on"
	Paused State = "paused"
	Broken State = "broken"
)

// Limits.
const (
	maxEndpoints = 20 // of one organisation
	maxName      = 80 // characters
	maxURL       = 500
	maxWaiting   = 20_000 // messages that wait for one address; beyond, they are kept as failed
	maxPage      = 50
)

// Endpoint is an address that is told.
type Endpoint struct {
	ID           core.ID
	Name         string
	URL          string
	Kinds        []Kind
	State        State
	Version      int64
	FailingSince time.Time // first failure since the last success; zero = none
	OldUntil     time.Time // until when the secret of before signs as well; zero = it does not
	MadeAt       time.Time
	MadeBy       core.ID
}

// Tells tells whether the endpoint wants a kind.
func (e Endpoint) Tells(k Kind) bool { return k == Trial || slices.Contains(e.Kinds, k) }

// EndpointInput is what the form sends; Version is the one it showed, 0 for a new
// one.
type EndpointInput struct {
	Name    string
	URL     string
	Kinds   []Kind
	Paused  bool
	Version int64
}

// validate checks it. Field names: name, url, kinds. private allows http and any
// address.
func (in *EndpointInput) validate(private bool) error {
	in.Name, in.URL = strings.TrimSpace(in.Name), strings.TrimSpace(in.URL)
	var f errs.Fields
	switch {
	case in.Name == "":
		f.Add("name", "webhooks.error.name")
	case utf8.RuneCountInString(in.Name) > maxName, !utf8.ValidString(in.Name), strings.ContainsFunc(in.Name, unicode.IsControl):
		f.Add("name", "webhooks.error.name_long", "max", maxName)
	}
	if key := checkURL(in.URL, private); key != "" {
		f.Add("url", key)
	}
	var kinds []Kind
	for _, k := range Kinds() { // in their own order, once each
		if slices.Contains(in.Kinds, k) {
			kinds = append(kinds, k)
		}
	}
	for _, k := range in.Kinds {
		if !slices.Contains(kinds, k) {
			kinds = nil
			break
		}
	}
	if len(kinds) == 0 {
		f.Add("kinds", "webhooks.error.kinds")
	}
	in.Kinds = kinds
	return f.Err()
}

// checkURL returns "" for an address that may be told, else the key of why not.
// What the name leads to is checked each time, when it is dialled.
func checkURL(s string, private bool) (key string) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "webhooks.error.url"
	}
	if u.Scheme != "https" && (!private || u.Scheme != "http") {
		return "webhooks.error.url_https"
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	ip, err := netip.ParseAddr(host)
	inside := err == nil && !outbound.Public(ip) || host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")
	if inside && !private {
		return "webhooks.error.url_inside"
	}
	return ""
}

// DeliveryState is where a message to one address stands.
type DeliveryState string

// The states of a delivery. Dead: tried too often, or refused; somebody may have it
// tried again.
const (
	Waiting DeliveryState = "waiting"
	Done    DeliveryState = "done"
	Dead    DeliveryState = "dead"
)

// Fault is why the last try failed, as a code: "" when it did not.
type Fault string

// The faults.
const (
	FaultAddress  Fault = "address"  // the name leads into a network that is not public
	FaultName     Fault = "name"     // the name leads nowhere
	FaultConnect  Fault = "connect"  // nobody answers there
	FaultTLS      Fault = "tls"      // the certificate is not the name's
	FaultTimeout  Fault = "timeout"  // too slow
	FaultRedirect Fault = "redirect" // it sends elsewhere, which is not followed
	FaultStatus   Fault = "status"   // it answered with an error
	FaultGone     Fault = "gone"     // 410: it asks to be left alone
	FaultStopped  Fault = "stopped"  // the address was stopped meanwhile
	FaultFull     Fault = "full"     // too many messages waited already
)

// Delivery is one message to one address.
type Delivery struct {
	ID       string // of the message: webhook-id
	Kind     Kind
	Person   core.ID // "" for a trial
	Object   string  // "step", "goal"…, "" when the file itself
	ObjectID core.ID
	At       time.Time // of the event
	State    DeliveryState
	Attempts int
	NextAt   time.Time // when waiting
	Status   int       // of the last answer, 0 = none
	Fault    Fault
	TriedAt  time.Time // zero = never
}

// Conflict says that somebody changed the endpoint meanwhile; nothing was written.
type Conflict struct{ Current Endpoint }

// Error is for the log.
func (*Conflict) Error() string { return "the endpoint was changed meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (*Conflict) Unwrap() error { return errs.New(errs.Conflict, "webhooks.error.conflict") }

// pause is how long to wait after a failed try, before jitter: quickly at first,
// then over three days, as Standard Webhooks advises. ok is false after the last.
func pause(attempts int) (wait time.Duration, ok bool) {
	pauses := [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
	if attempts < 1 || attempts > len(pauses) {
		return 0, false
	}
	return pauses[attempts-1], true
}
