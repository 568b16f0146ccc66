package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// contract checks every answer against the document.
type contract struct {
	*house
	doc  *huma.OpenAPI
	seen map[string]bool // operations that succeeded
}

func (c *contract) operation(id string) (method, path string, op *huma.Operation) {
	c.t.Helper()
	for path, item := range c.doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op != nil && op.OperationID == id {
				return method, path, op
			}
		}
	}
	c.t.Fatalf("no operation %s", id)
	return "", "", nil
}

// call asks an operation by its name; path replaces {id}, {member}, {right} in their order.
func (c *contract) call(status int, id string, path []string, query, body string, headers ...string) got {
	c.t.Helper()
	method, at, op := c.operation(id)
	for _, p := range path {
		i, j := strings.Index(at, "{"), strings.Index(at, "}")
		at = at[:i] + p + at[j+1:]
	}
	g := c.ask(method, at+query, body, headers...).must(status)
	r := op.Responses[strconv.Itoa(status)]
	if r == nil {
		c.t.Fatalf("%s: %d is not documented", id, status)
	}
	if status < 300 {
		c.seen[id] = true
	}
	if len(r.Content) == 0 {
		if g.Body.Len() > 0 {
			c.t.Errorf("%s: a body that is not documented: %s", id, g.Body)
		}
		return g
	}
	media := r.Content[g.Header().Get("Content-Type")]
	if media == nil {
		c.t.Fatalf("%s %d: content type %q is not documented", id, status, g.Header().Get("Content-Type"))
	}
	var v any
	if err := json.Unmarshal(g.Body.Bytes(), &v); err != nil {
		c.t.Fatalf("%s: %v", id, err)
	}
	res := &huma.ValidateResult{}
	huma.Validate(c.doc.Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, res)
	for _, err := range res.Errors {
		c.t.Errorf("%s %d: %v\n%s", id, status, err, g.Body)
	}
	return g
}

// Every documented operation answers as documented, done and refused.
func TestContract(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := &contract{house: h, doc: h.api.OpenAPI(), seen: map[string]bool{}}
		created := c.call(201, "createPerson", nil, "", samira)
		id := created.id()
		if created.Header().Get("Location") != "/api/v1/persons/"+id {
			t.Errorf("location %q", created.Header().Get("Location"))
		}
		alike := c.call(409, "createPerson", nil, "", strings.Replace(samira, "Samira", "Samyra", 1)).problem(409, "duplicate")
		if list := alike["duplicates"].([]any); len(list) != 1 || list[0].(map[string]any)["person"] != id {
			t.Errorf("duplicates: %v", list)
		}
		found := c.call(200, "searchPersons", nil, "?q=hadad", "").read()["items"].([]any)
		if len(found) != 1 || found[0].(map[string]any)["person"] != id {
			t.Errorf("found %v", found)
		}
		read := c.call(200, "readPerson", []string{id}, "", "")
		if p := read.read(); p["phone"] != "+33639984122" || p["birth"] != "1992-02-03" || p["version"] != float64(1) || read.Header().Get("ETag") != `"1"` {
			t.Errorf("read: %v", p)
		}
		if next := c.call(200, "updatePerson", []string{id}, "", strings.Replace(samira, "Haddad", "Haddad-Roux", 1), "If-Match", `"1"`).Header().Get("ETag"); next != `"2"` {
			t.Errorf("etag %s", next)
		}
		if p := c.call(200, "readPerson", []string{id}, "", "").read(); p["usual_name"] != "Haddad-Roux" || p["version"] != float64(2) {
			t.Errorf("after the change: %v", p)
		}
		c.call(412, "updatePerson", []string{id}, "", samira, "If-Match", `"1"`).problem(412, "version")
		c.call(428, "updatePerson", []string{id}, "", samira).problem(428, "version-needed")

		child := c.call(201, "addMember", []string{id}, "", `{"given_names":"Yanis","usual_name":"Haddad","birth":"2019-05","relation":"child","lives_in":true}`).id()
		home := c.call(200, "readHousehold", []string{id}, "", "").read()
		var stay map[string]any
		for _, m := range home["members"].([]any) {
			if m := m.(map[string]any); m["person"] == child {
				stay = m
			}
		}
		if stay == nil || len(home["kin"].([]any)) != 1 || len(home["people"].([]any)) != 2 {
			t.Fatalf("household: %v", home)
		}
		c.call(412, "leaveHousehold", []string{id, stay["id"].(string)}, "", `{"until":"2026-06-01"}`, "If-Match", `"9"`).problem(412, "version")
		c.call(204, "leaveHousehold", []string{id, stay["id"].(string)}, "", `{"until":"2026-06-01"}`, "If-Match", `"1"`)
		if m := c.call(200, "readHousehold", []string{id}, "?on=2026-06-10", "").read()["members"].([]any); len(m) != 1 {
			t.Errorf("after the departure: %v", m)
		}

		saved := c.call(200, "saveFacts", []string{id}, "", `{"facts":[{"variable":"loyer","value":"548,50","from":"2026-01","source":"said"},{"variable":"salaire_net","state":"refused","from":"2026-01","source":"said"}]}`).read()["ids"].([]any)
		if len(saved) < 2 {
			t.Fatalf("saved %v", saved)
		}
		pair := c.call(409, "saveFacts", []string{id}, "", `{"facts":[{"variable":"loyer","value":"600","from":"2026-01","source":"said"}]}`).problem(409, "fact-conflict")
		if pair["conflicts"].([]any)[0].(map[string]any)["theirs"] != saved[0] {
			t.Errorf("conflict: %v", pair)
		}
		var all []any
		for after := ""; ; {
			page := c.call(200, "listFacts", []string{id}, "?limit=1"+after, "").read()
			all = append(all, page["items"].([]any)...)
			next, more := page["next"].(string)
			if !more {
				break
			}
			after = "&after=" + next
		}
		if len(all) < 3 {
			t.Errorf("%d facts paged", len(all))
		}

		c.call(204, "computeRights", []string{id}, "?month=2026-06", "")
		rights := c.call(200, "listRights", []string{id}, "?month=2026-06", "").read()
		if rights["stale"] != nil || len(rights["items"].([]any)) == 0 {
			t.Errorf("rights: %v", rights)
		}
		if q, _ := c.call(200, "nextQuestion", []string{id}, "", "").read()["question"].(map[string]any); q == nil || len(q["facts"].([]any)) == 0 || len(q["rights"].([]any)) == 0 || q["left"].(float64) < 1 {
			t.Errorf("question: %v", q)
		}
		if x := c.call(200, "explainRight", []string{id, "af"}, "", "").read(); x["detail"] == nil || x["result"] == nil || x["law"] != rights["law"] {
			t.Errorf("explanation: %v", x)
		}
		d := c.call(201, "decide", []string{id, "af"}, "", `{"kind":"not_wanted","non_take_up":"non_demande"}`).id()
		c.call(409, "decide", []string{id, "af"}, "", `{"kind":"claimed"}`).problem(409, "decision-conflict")
		if x := c.call(200, "explainRight", []string{id, "af"}, "", "").read(); x["detail"] != nil || x["result"] != nil {
			t.Errorf("a right that the person does not want is still told: %v", x)
		}
		if list := c.call(200, "listDecisions", []string{id, "af"}, "", "").read()["items"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != d {
			t.Errorf("decisions: %v", list)
		}

		c.plan(id)
		c.notes(id)
		c.webhook(id)

		for path, item := range c.doc.Paths {
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
				if op == nil {
					continue
				}
				if !c.seen[op.OperationID] {
					t.Errorf("%s is documented and was never asked", op.OperationID)
				}
				if op.Summary == "" || len(op.Security) != 1 || len(op.Security[0]["token"]) != 1 {
					t.Errorf("%s: %s lacks a summary or its scope", path, op.OperationID)
				}
				// Without a token, and with one for something else.
				asked := strings.NewReplacer("{id}", id, "{member}", id, "{right}", "af", "{goal}", id, "{step}", id, "{note}", id, "{webhook}", id, "{delivery}", id).Replace(path)
				h.ask(op.Method, asked, "", "Authorization", "").problem(401, "unauthenticated")
			}
		}
	})
}

// plan asks every operation about the plan of a file.
func (c *contract) plan(id string) {
	c.t.Helper()
	file := []string{id}
	c.call(201, "addExpectation", file, "", `{"words":"Garder le logement.","said_on":"2026-06-01","reread":"aloud","reread_in":"ar"}`)
	c.call(422, "addExpectation", file, "", `{"words":"Demain","said_on":"2027-01-01"}`).problem(422, "invalid")
	if e := c.call(200, "listExpectations", file, "", "").read()["items"].([]any)[0].(map[string]any); e["words"] != "Garder le logement." || e["reread_in"] != "ar" {
		c.t.Errorf("expectation %v", e)
	}
	goal := c.call(201, "addGoal", file, "", `{"title":"Rester dans le quartier","chosen_on":"2026-06-01"}`)
	at := []string{id, goal.id()}
	if next := c.call(200, "editGoal", at, "", `{"title":"Rester à Niort","chosen_on":"2026-06-01","state":"open"}`, "If-Match", goal.Header().Get("ETag")).Header().Get("ETag"); next != `"2"` {
		c.t.Errorf("etag of a goal: %s", next)
	}
	c.call(412, "editGoal", at, "", `{"title":"Autre"}`, "If-Match", `"1"`).problem(412, "version")
	c.call(428, "editGoal", at, "", `{"title":"Autre"}`).problem(428, "version-needed")
	c.call(404, "editGoal", []string{id, id}, "", `{"title":"Autre"}`, "If-Match", `"1"`).problem(404, "not-found")
	if g := c.call(200, "listGoals", file, "", "").read()["items"].([]any)[0].(map[string]any); g["title"] != "Rester à Niort" || g["version"] != float64(2) {
		c.t.Errorf("goal %v", g)
	}

	step := c.call(201, "addStep", file, "", `{"goal":"`+goal.id()+`","right":"aide_logement","title":"Demander l'aide au logement","who":"together","online":"Mon compte CAF","desk":"CAF de Niort","due_on":"2026-06-20","papers":[{"name":"Bail","required_by":"CCH art. R823-1"}]}`)
	at = []string{id, step.id()}
	c.call(422, "addStep", file, "", `{"title":"Demander","who":"worker","online":"Mon compte CAF"}`).problem(422, "invalid") // an online way alone
	read := c.call(200, "readStep", at, "", "")
	if s := read.read(); s["state"] != "todo" || s["papers"].([]any)[0].(map[string]any)["name"] != "Bail" || len(s["events"].([]any)) != 1 || read.Header().Get("ETag") != `"1"` {
		c.t.Errorf("step %v", s)
	}
	c.call(200, "editStep", at, "", `{"title":"Demander l'aide","who":"person","due_on":"2026-06-21"}`, "If-Match", `"1"`)
	c.call(412, "editStep", at, "", `{"title":"Autre","who":"person"}`, "If-Match", `"1"`).problem(412, "version")
	c.call(204, "moveStep", at, "", `{"state":"waiting","outcome":"Dossier déposé"}`, "If-Match", `"2"`)
	c.call(204, "moveStep", at, "", `{"state":"waiting","outcome":"Dossier déposé"}`, "If-Match", `"2"`) // the same, said twice
	c.call(412, "moveStep", at, "", `{"state":"done"}`, "If-Match", `"2"`).problem(412, "version")
	c.call(422, "handStep", at, "", `{"worker":"nobody"}`, "If-Match", `"3"`).problem(422, "invalid")
	c.call(204, "handStep", at, "", `{"worker":"`+read.read()["worker"].(string)+`"}`, "If-Match", `"3"`)
	c.call(201, "addStep", file, "", `{"title":"Appeler le bailleur","who":"worker"}`)
	var titles []string
	for after := ""; ; {
		page := c.call(200, "listSteps", file, "?limit=1&open=1"+after, "").read()
		for _, s := range page["items"].([]any) {
			titles = append(titles, s.(map[string]any)["title"].(string))
		}
		next, more := page["next"].(string)
		if !more {
			break
		}
		after = "&after=" + next
	}
	if strings.Join(titles, "; ") != "Demander l'aide; Appeler le bailleur" {
		c.t.Errorf("steps %q", titles)
	}
	if n := len(c.call(200, "listSteps", file, "?open=0", "").read()["items"].([]any)); n != 0 {
		c.t.Errorf("%d steps over", n)
	}
	c.call(422, "listSteps", file, "?after=x", "").problem(422, "invalid")

	c.call(201, "addExchange", file, "", `{"kind":"call","direction":"out","party":"CAF","answered_by":"Mme D.","says":"Le dossier est complet.","on":"2026-06-05","step":"`+step.id()+`"}`)
	c.call(201, "addExchange", file, "", `{"kind":"letter","direction":"in","party":"Bailleur"}`)
	c.call(422, "addExchange", file, "", `{"kind":"call","direction":"out","party":"CAF","step":"`+id+`"}`).problem(422, "invalid")
	first := c.call(200, "listExchanges", file, "?limit=1", "").read()
	rest := c.call(200, "listExchanges", file, "?limit=1&after="+first["next"].(string), "").read()
	if x := rest["items"].([]any)[0].(map[string]any); x["party"] != "CAF" || x["step"] != step.id() || rest["next"] != nil {
		c.t.Errorf("exchanges %v then %v", first, rest)
	}
}

// webhook asks every operation about the addresses that are told what happens.
func (c *contract) webhook(id string) {
	c.t.Helper()
	answer := http.StatusInternalServerError
	var got []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("webhook-id"))
		w.WriteHeader(answer)
	}))
	defer receiver.Close()
	body := `{"name":"Agenda","url":"` + receiver.URL + `","events":["file.changed","plan.changed"]}`
	made := c.call(201, "addWebhook", nil, "", body)
	if s, _ := made.read()["secret"].(string); !strings.HasPrefix(s, "whsec_") {
		c.t.Errorf("secret: %s", made.Body)
	}
	at := []string{made.id()}
	c.call(422, "addWebhook", nil, "", body).problem(422, "invalid") // told already
	c.call(422, "addWebhook", nil, "", `{"name":"x","url":"ftp://a","events":["file.changed"]}`).problem(422, "invalid")
	c.call(422, "addWebhook", nil, "", `{"name":"x","url":"https://example.org","events":["note.written"]}`).problem(422, "invalid")
	if list := c.call(200, "listWebhooks", nil, "", "").read()["items"].([]any); len(list) != 1 || strings.Contains(fmt.Sprint(list), "whsec_") {
		c.t.Errorf("webhooks %v", list)
	}
	c.call(200, "editWebhook", at, "", strings.Replace(body, "Agenda", "Calendrier", 1), "If-Match", `"1"`)
	c.call(412, "editWebhook", at, "", body, "If-Match", `"1"`).problem(412, "version")
	if e := c.call(200, "readWebhook", at, "", ""); e.read()["name"] != "Calendrier" || e.Header().Get("ETag") != `"2"` {
		c.t.Errorf("webhook %s", e.Body)
	}
	if d := c.call(200, "tryWebhook", at, "", "").read(); d["state"] != "dead" || d["fault"] != "status" || d["status"] != float64(500) {
		c.t.Errorf("trial: %v", d)
	}
	dead := c.call(200, "listDeliveries", at, "?state=dead", "").read()["items"].([]any)
	if len(dead) != 1 || len(got) != 1 || dead[0].(map[string]any)["id"] != got[0] {
		c.t.Fatalf("deliveries %v, received %v", dead, got)
	}
	answer = http.StatusNoContent
	c.call(204, "retryDelivery", []string{at[0], got[0]}, "", "")
	if err := c.hooks.Drain(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	if list := c.call(200, "listDeliveries", at, "?state=done", "").read()["items"].([]any); len(list) != 1 || len(got) != 2 || got[1] != got[0] {
		c.t.Errorf("after the retry: %v, received %v", list, got)
	}
	c.call(404, "retryDelivery", []string{at[0], got[0]}, "", "").problem(404, "not-found")
	if s, _ := c.call(200, "rotateWebhook", at, "", "").read()["secret"].(string); !strings.HasPrefix(s, "whsec_") {
		c.t.Error("no new secret")
	}
	c.call(204, "removeWebhook", at, "", "")
	c.call(404, "readWebhook", at, "", "").problem(404, "not-found")
	c.call(404, "readWebhook", []string{id}, "", "").problem(404, "not-found")
}

// The document is served, parses, and names no schema it does not have.
func TestDocument(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		g := h.ask(http.MethodGet, "/api/v1/openapi.json", "", "Authorization", "").must(200)
		doc := g.read()
		schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
		for _, part := range strings.Split(g.Body.String(), `"#/components/schemas/`)[1:] {
			name, _, _ := strings.Cut(part, `"`)
			if schemas[name] == nil {
				t.Errorf("schema %s is named and absent", name)
			}
		}
		if p := h.ask(http.MethodGet, "/api/v1/", "", "Authorization", "").must(200); !strings.Contains(p.Body.String(), "/api/v1/persons/{id}/facts") {
			t.Error("the page lists no address")
		}
	})
}
