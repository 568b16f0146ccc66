package browsertest

import (
	"context"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is a device that holds keys, plugged into a visitor's window.
type Authenticator struct {
	v  *Visitor
	id webauthn.AuthenticatorID
}

// Authenticator plugs in a device that knows its holder and answers at once.
func (v *Visitor) Authenticator() *Authenticator {
	v.t.Helper()
	a := &Authenticator{v: v}
	v.do("plug a device in",
		call("enable", func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
			return err
		}),
		call("add", func(ctx context.Context) error {
			r, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			}})
			if err == nil {
				a.id = r.AuthenticatorID
			}
			return err
		}),
	)
	return a
}

// Verifies says whether the device recognises its holder from now on.
func (a *Authenticator) Verifies(yes bool) {
	a.v.t.Helper()
	a.v.do("change who holds the device", call("verify", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: yes})
		return err
	}))
}

// Forget empties the device.
func (a *Authenticator) Forget() {
	a.v.t.Helper()
	a.v.do("empty the device", call("clear", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: a.id})
		return err
	}))
}

// Keys returns how many keys the device holds.
func (a *Authenticator) Keys() int {
	a.v.t.Helper()
	n := 0
	a.v.do("count the keys", call("count", func(ctx context.Context) error {
		r, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
		if err == nil {
			n = len(r.Credentials)
		}
		return err
	}))
	return n
}

// PressAndSee clicks a button that leads to no page, and waits until the page shows
// the words.
func (v *Visitor) PressAndSee(text, words string) {
	v.t.Helper()
	v.do("press "+quote(text), chromedp.Click(v.find("button", "button", text)))
	shown := chromedp.JSPath("(() => { " + finder + "return [...document.querySelectorAll('main *')].find(e => seen(e) && fold(e.innerText).includes(fold(" + quote(words) + "))) || null; })()")
	v.do("wait for "+quote(words), chromedp.WaitReady(shown))
}
