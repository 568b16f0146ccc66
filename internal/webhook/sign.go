package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// The secret is 32 random bytes, shown as whsec_ and base64, as the libraries of
// Standard Webhooks read it.
const (
	secretBytes  = 32
	secretPrefix = "whsec_"
)

func newSecret(random io.Reader) ([]byte, error) {
	key := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	return key, nil
}

func showSecret(key []byte) secret.String {
	return secret.String(secretPrefix + base64.StdEncoding.EncodeToString(key))
}

// sign gives the header webhook-signature: one signature for each key, parted by
// spaces. Source: Standard Webhooks, "v1" scheme: HMAC-SHA256 over id.timestamp.body.
func sign(id string, at time.Time, body []byte, keys ...[]byte) string {
	out := ""
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + ".")) // a hash never fails
		mac.Write(body)
		if out != "" {
			out += " "
		}
		out += "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return out
}

// message is the body: the same bytes at each try.
type message struct {
	Type      Kind        `json:"type"`
	Timestamp string      `json:"timestamp"` // of the event
	Data      messageData `json:"data"`
}

type messageData struct {
	Organisation core.ID `json:"organisation"`
	Person       core.ID `json:"person,omitempty"`
	Object       string  `json:"object,omitempty"`
	ID           core.ID `json:"id,omitempty"` // of the object
}

func (d Delivery) body(org core.ID) ([]byte, error) {
	return json.Marshal(message{Type: d.Kind, Timestamp: d.At.UTC().Format(time.RFC3339), Data: messageData{Organisation: org, Person: d.Person, Object: d.Object, ID: d.ObjectID}})
}
