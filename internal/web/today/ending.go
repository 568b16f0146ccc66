package today

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/web/kit"
)

// ending is an agreement that ends soon: the person is asked before it does.
type ending struct {
	Href, Name, Says string
}

// ending reads the agreements that the worker wrote down and that end soon, and
// whether an emergency waits for a second person.
func (h *Handler) ending(r *http.Request, out *view) error {
	soon, err := h.agreed.EndingSoon(r.Context())
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	for _, c := range soon.Consents {
		out.Ending = append(out.Ending, ending{Href: "/personnes/" + string(c.Person) + "/accords/" + string(c.ID), Name: soon.Persons[c.Person].DisplayName(),
			Says: p.T("agreements.until", "until", p.Date(c.Until))})
	}
	urgent, _, err := h.agreed.WaitingVital(r.Context())
	out.Urgent = len(urgent) > 0
	return err
}
