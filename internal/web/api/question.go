package api

import (
	"context"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
)

// NextQuestion is what is worth asking now; without a question, no answer would
// change what is said of a right.
type NextQuestion struct {
	Question *Question `json:"question,omitempty" doc:"Absent when no answer would change what is said of a right"`
}

// Question is one page: facts that are read at the same place, asked together.
// « Je ne sais pas » (unknown) and « je préfère ne pas dire » (refused) answer it and
// cost nothing.
type Question struct {
	Subject Subject        `json:"subject"`
	Facts   []QuestionFact `json:"facts" doc:"Answer them with POST /persons/{id}/facts"`
	Rights  []string       `json:"rights" doc:"The rights that wait for it"`
	Left    int            `json:"left" doc:"Questions left, this one included, at most"`
}

// QuestionFact is one value that an answer gives.
type QuestionFact struct {
	Variable string   `json:"variable"`
	Type     string   `json:"type" doc:"amount, number, integer, bool, date, choice or text"`
	Unit     string   `json:"unit,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	From     string   `json:"from,omitempty" doc:"Since when the law reads it; absent: it is of no month"`
}

func (h *Handler) registerQuestion() {
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/question", id: "nextQuestion", scope: access.FactsRead,
		summary: "The question worth asking next, from the stored results of this month; nothing is computed"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64" doc:"The person's id"`
		}) (*struct{ Body NextQuestion }, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body NextQuestion }{}
			q, ok, err := h.cases.NextQuestion(ctx, id)
			if err != nil || !ok {
				return out, err
			}
			page := &Question{Subject: Subject{Kind: string(q.Subject.Kind), ID: q.Subject.ID}, Facts: []QuestionFact{}, Rights: append([]string{}, q.ReadBy...), Left: q.Left}
			for _, c := range q.Cells {
				page.Facts = append(page.Facts, QuestionFact{Variable: c.Of.Name, Type: string(c.Of.Type), Unit: c.Of.Unit, Choices: c.Of.Choices, From: c.From.String()})
			}
			out.Body.Question = page
			return out, nil
		})
}
