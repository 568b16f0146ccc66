package casefile

import (
	"context"
	"encoding/json"

	"codeberg.org/parvis/parvis/internal/core"
)

// Engine is the law as a file of a person needs it: what may be known, which
// rights are computed, and what they give for a picture of a household. It is
// pure: the same picture and the same law give the same outcomes.
type Engine interface {
	// Digest names the law; Program is the law itself with the version of its
	// semantics, to replay a stored result years later.
	Digest() string
	Program() (ir []byte, semantics int)
	// Rights are the names of the rights, in the order pages show them.
	Rights() []string
	// Inputs are the variables that facts may give, in the law's order.
	Inputs() []Variable
	// Evaluate gives one outcome for each right, in the order of Rights.
	Evaluate(ctx context.Context, p *Picture) ([]Outcome, error)
}

// Outcome is what the engine says of one right for the picture's month.
type Outcome struct {
	Right    string
	Status   Status
	Amount   core.Cents
	Min, Max core.Cents
	Missing  []Missing
	// Detail is a rights.Result without its explanation, which is apart.
	Detail      json.RawMessage
	Explanation json.RawMessage
}

// Picture is a household as one file knows it, ready for the engine: dated
// groups and cells, nothing that people alone read. Its JSON is what the digest
// of the facts is made of, so the order of everything in it is fixed.
type Picture struct {
	Month    core.Month      `json:"month"`
	Claimant core.ID         `json:"claimant"`
	Persons  []PicturePerson `json:"persons"`
	Families []Family        `json:"families"` // the claimant's first
	TaxUnits []TaxUnit       `json:"tax_units"`
	Dwelling PictureDwelling `json:"dwelling"`
	Cells    []Cell          `json:"cells"`
}

// PicturePerson is somebody of the picture.
type PicturePerson struct {
	ID    core.ID          `json:"id"`
	Birth core.PartialDate `json:"birth"` // zero when unknown
	// Couple is the form of their couple with somebody of the picture.
	Couple CoupleKind `json:"couple,omitempty"`
}

// PictureDwelling is the one home of the picture. ID is the household's, or the
// claimant's when nobody said where they live.
type PictureDwelling struct {
	ID core.ID `json:"id"`
	Dwelling
}

// Cell is one variable of one subject over a run of months, or always when
// Always is set. Runs of one variable and subject do not overlap.
type Cell struct {
	Variable string     `json:"variable"`
	Subject  Subject    `json:"subject"`
	Always   bool       `json:"always,omitempty"`
	From     core.Month `json:"from,omitempty"`
	Until    core.Month `json:"until,omitempty"` // included
	State    State      `json:"state"`
	Value    string     `json:"value,omitempty"`
}
