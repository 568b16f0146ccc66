// Package message sends short messages to people: e-mail through a submission server,
// SMS through whatever gateway an installation has.
//
// Guarantees. What is sent is never logged, nor whom it goes to. A mail goes over TLS,
// except to a server of this very machine. A message that will never arrive is
// ErrRefused; anything else may be tried again.
//
// What not to do. Do not put a link, a name, or why in a message that somebody else may
// read over a shoulder: the caller chooses the words. Send nothing inside a transaction.
//
//	err := senders.Send(ctx, message.Message{Kind: message.SMS, To: "+33639984122", Text: "…"})
package message

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Kind is a way that a message takes.
type Kind string

// The ways.
const (
	SMS   Kind = "sms"
	Email Kind = "email"
)

// Message is one message to one address.
type Message struct {
	ID      string // the same when it is tried again: gateways that know it send once
	Kind    Kind
	To      string // "+33639984122", or an e-mail address
	Subject string // of a mail
	Text    string // plain
	// Discreet asks for a sender's name that says nothing, where there is one.
	Discreet bool
}

// ErrRefused says that a message will never be delivered as it is.
var ErrRefused = errors.New("message refused")

// Sender sends messages of one way.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Senders are those that an installation has, by way. The zero Senders sends nothing.
type Senders map[Kind]Sender

// Sends tells whether messages of a way can be sent.
func (s Senders) Sends(k Kind) bool { return s[k] != nil }

// Send hands a message to the sender of its way.
func (s Senders) Send(ctx context.Context, m Message) error {
	sender := s[m.Kind]
	if sender == nil {
		return fmt.Errorf("%w: no way for %s", ErrRefused, m.Kind)
	}
	if err := sender.Send(ctx, m); err != nil {
		return fmt.Errorf("send %s %s: %w", m.Kind, m.ID, err)
	}
	return nil
}

// Box keeps messages instead of sending them: for the demonstration, which shows them on
// its screen, and for tests. It is safe for concurrent use; the zero Box is ready.
type Box struct {
	mu   sync.Mutex
	kept []Message
}

var _ Sender = (*Box)(nil)

const boxed = 100 // the latest that a box keeps

// Send keeps the message.
func (b *Box) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, m)
	b.kept = b.kept[max(0, len(b.kept)-boxed):]
	return nil
}

// Last is the message kept last; zero when there is none.
func (b *Box) Last() Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) == 0 {
		return Message{}
	}
	return b.kept[len(b.kept)-1]
}

// To are the messages kept for an address, the oldest first.
func (b *Box) To(address string) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Message
	for _, m := range b.kept {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}
