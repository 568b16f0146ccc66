package api

import (
	"context"
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/webhook"
)

// Webhook is an address that is told what happens, by ids.
type Webhook struct {
	ID           core.ID  `json:"id"`
	Version      int64    `json:"version" doc:"Also the ETag"`
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Events       []string `json:"events"`
	State        string   `json:"state" doc:"on, paused, or broken: stopped after days of failures"`
	FailingSince string   `json:"failing_since,omitempty" doc:"First failure since the last success"`
	MadeAt       string   `json:"made_at"`
}

// WebhookInput is the whole of an address.
type WebhookInput struct {
	Name   string   `json:"name" minLength:"1" maxLength:"80"`
	URL    string   `json:"url" minLength:"1" maxLength:"500" doc:"https, on the public Internet"`
	Events []string `json:"events" minItems:"1" maxItems:"20" enum:"file.opened,file.changed,plan.changed,right.computed,right.decided,step.due"`
	Paused bool     `json:"paused,omitempty"`
}

// WebhookSecret is shown once.
type WebhookSecret struct {
	ID      core.ID `json:"id"`
	Version int64   `json:"version,omitempty"`
	Secret  string  `json:"secret" doc:"whsec_ and base64: the key of HMAC-SHA256, as Standard Webhooks reads it"`
}

// WebhookList is every address of the organisation.
type WebhookList struct {
	Items []Webhook `json:"items"`
}

// WebhookDelivery is one message to one address.
type WebhookDelivery struct {
	ID       string  `json:"id" doc:"The header webhook-id"`
	Event    string  `json:"event"`
	Person   core.ID `json:"person,omitempty"`
	Object   string  `json:"object,omitempty"`
	ObjectID core.ID `json:"object_id,omitempty"`
	At       string  `json:"at" doc:"Of the event"`
	State    string  `json:"state" doc:"waiting, done or dead"`
	Attempts int     `json:"attempts"`
	Next     string  `json:"next_try,omitempty"`
	Tried    string  `json:"tried_at,omitempty"`
	Status   int     `json:"status,omitempty" doc:"HTTP status of the last answer"`
	Fault    string  `json:"fault,omitempty" doc:"address, name, connect, tls, timeout, redirect, status, gone, stopped or full"`
}

// WebhookDeliveryPage is one page, the latest event first.
type WebhookDeliveryPage struct {
	Items []WebhookDelivery `json:"items"`
	Next  string            `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

type webhookPath struct {
	Webhook string `path:"webhook" maxLength:"64"`
}

type webhookOutput struct {
	ETag string `header:"ETag"`
	Body Webhook
}

type secretOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     WebhookSecret
}

type deliveriesInput struct {
	Webhook string `path:"webhook" maxLength:"64"`
	State   string `query:"state" enum:"waiting,done,dead"`
	After   string `query:"after" maxLength:"64"`
	Limit   int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (h *Handler) registerWebhooks() {
	versioned := []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	add(h, operation{method: http.MethodGet, path: "/webhooks", id: "listWebhooks", scope: access.WebhooksRead, summary: "Addresses that are told what happens"},
		func(ctx context.Context, _ *struct{}) (*struct{ Body WebhookList }, error) {
			list, err := h.webhooks.Endpoints(ctx)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body WebhookList }{WebhookList{Items: []Webhook{}}}
			for _, e := range list {
				out.Body.Items = append(out.Body.Items, webhookOf(e))
			}
			return out, nil
		})
	add(h, operation{method: http.MethodPost, path: "/webhooks", id: "addWebhook", scope: access.WebhooksWrite, status: http.StatusCreated, summary: "Tell an address; the answer holds its secret, once"},
		func(ctx context.Context, in *struct{ Body WebhookInput }) (*secretOutput, error) {
			e, secret, err := h.webhooks.Add(ctx, in.Body.read(0))
			if err != nil {
				return nil, err
			}
			return &secretOutput{Location: base + "/webhooks/" + string(e.ID), ETag: etag(e.Version), Body: WebhookSecret{ID: e.ID, Version: e.Version, Secret: secret.Reveal()}}, nil
		})
	add(h, operation{method: http.MethodGet, path: "/webhooks/{webhook}", id: "readWebhook", scope: access.WebhooksRead, summary: "One address"},
		func(ctx context.Context, in *webhookPath) (*webhookOutput, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			e, err := h.webhooks.Endpoint(ctx, id)
			if err != nil {
				return nil, err
			}
			return &webhookOutput{ETag: etag(e.Version), Body: webhookOf(e)}, nil
		})
	add(h, operation{method: http.MethodPut, path: "/webhooks/{webhook}", id: "editWebhook", scope: access.WebhooksWrite, summary: "Write an address whole, from the version read; resumes one that was stopped", refusals: versioned},
		func(ctx context.Context, in *struct {
			Webhook string `path:"webhook" maxLength:"64"`
			IfMatch string `header:"If-Match" doc:"The ETag read: needed"`
			Body    WebhookInput
		}) (*refOutput, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			version, err := parseMatch(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if err := h.webhooks.Edit(ctx, id, in.Body.read(version)); err != nil {
				return nil, err
			}
			return &refOutput{Location: base + "/webhooks/" + string(id), ETag: etag(version + 1), Body: Ref{ID: id, Version: version + 1}}, nil
		})
	add(h, operation{method: http.MethodDelete, path: "/webhooks/{webhook}", id: "removeWebhook", scope: access.WebhooksWrite, status: http.StatusNoContent, summary: "Forget an address and what was sent there"},
		func(ctx context.Context, in *webhookPath) (*struct{}, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			return nil, h.webhooks.Remove(ctx, id)
		})
	add(h, operation{method: http.MethodPost, path: "/webhooks/{webhook}/secret", id: "rotateWebhook", scope: access.WebhooksWrite, summary: "Make a new secret; the one of before signs beside it for 24 hours"},
		func(ctx context.Context, in *webhookPath) (*struct{ Body WebhookSecret }, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			secret, err := h.webhooks.Rotate(ctx, id)
			if err != nil {
				return nil, err
			}
			return &struct{ Body WebhookSecret }{WebhookSecret{ID: id, Secret: secret.Reveal()}}, nil
		})
	add(h, operation{method: http.MethodPost, path: "/webhooks/{webhook}/test", id: "tryWebhook", scope: access.WebhooksWrite, summary: "Send a message of kind webhook.test now, and tell how it went"},
		func(ctx context.Context, in *webhookPath) (*struct{ Body WebhookDelivery }, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			d, err := h.webhooks.Try(ctx, id)
			if err != nil {
				return nil, err
			}
			return &struct{ Body WebhookDelivery }{deliveryOf(d)}, nil
		})
	add(h, operation{method: http.MethodGet, path: "/webhooks/{webhook}/deliveries", id: "listDeliveries", scope: access.WebhooksRead, summary: "What was sent, waits, or was given up"}, h.listDeliveries)
	add(h, operation{method: http.MethodPost, path: "/webhooks/{webhook}/deliveries/{delivery}/retry", id: "retryDelivery", scope: access.WebhooksWrite, status: http.StatusNoContent, summary: "Try again a message that was given up"},
		func(ctx context.Context, in *struct {
			Webhook  string `path:"webhook" maxLength:"64"`
			Delivery string `path:"delivery" maxLength:"64"`
		}) (*struct{}, error) {
			id, err := parseID(in.Webhook)
			if err != nil {
				return nil, err
			}
			return nil, h.webhooks.Retry(ctx, id, in.Delivery)
		})
}

func (h *Handler) listDeliveries(ctx context.Context, in *deliveriesInput) (*struct{ Body WebhookDeliveryPage }, error) {
	id, err := parseID(in.Webhook)
	if err != nil {
		return nil, err
	}
	list, next, err := h.webhooks.Deliveries(ctx, id, webhook.DeliveryState(in.State), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body WebhookDeliveryPage }{WebhookDeliveryPage{Items: []WebhookDelivery{}, Next: next}}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, deliveryOf(d))
	}
	return out, nil
}

func (in WebhookInput) read(version int64) webhook.EndpointInput {
	out := webhook.EndpointInput{Name: in.Name, URL: in.URL, Paused: in.Paused, Version: version}
	for _, k := range in.Events {
		out.Kinds = append(out.Kinds, webhook.Kind(k))
	}
	return out
}

func webhookOf(e webhook.Endpoint) Webhook {
	out := Webhook{ID: e.ID, Version: e.Version, Name: e.Name, URL: e.URL, Events: []string{}, State: string(e.State), FailingSince: moment(e.FailingSince), MadeAt: moment(e.MadeAt)}
	for _, k := range e.Kinds {
		out.Events = append(out.Events, string(k))
	}
	return out
}

func deliveryOf(d webhook.Delivery) WebhookDelivery {
	out := WebhookDelivery{ID: d.ID, Event: string(d.Kind), Person: d.Person, Object: d.Object, ObjectID: d.ObjectID, At: moment(d.At), State: string(d.State),
		Attempts: d.Attempts, Tried: moment(d.TriedAt), Status: d.Status, Fault: string(d.Fault)}
	if d.State == webhook.Waiting {
		out.Next = moment(d.NextAt)
	}
	return out
}

// moment writes an instant as RFC 3339, "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t.UnixMicro())
}
