package kit

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// WriteAsked answers a script with what to ask a device (a key), and the state to
// send back with its answer.
func WriteAsked(w http.ResponseWriter, options any, state string) error {
	body, err := json.Marshal(struct {
		Options any    `json:"options"`
		State   string `json:"state"`
	}{options, state})
	if err != nil {
		return fmt.Errorf("what to ask a device: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the browser may have left
	return nil
}
