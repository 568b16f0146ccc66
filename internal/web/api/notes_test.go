package api_test

import "testing"

// notes asks every operation about notes and words of a file.
func (c *contract) notes(id string) {
	c.t.Helper()
	file := []string{id}
	written := c.call(201, "writeNote", file, "", `{"kind":"visit","on":"2026-06-04","visibility":"team","text":"Vue avec [[sa voisine]].\n\nTout va bien.","third":["Karim"]}`, "Idempotency-Key", "note-1")
	again := c.call(201, "writeNote", file, "", `{"kind":"visit","on":"2026-06-04","visibility":"team","text":"Vue avec [[sa voisine]].\n\nTout va bien.","third":["Karim"]}`, "Idempotency-Key", "note-1")
	if again.id() != written.id() {
		c.t.Error("one key wrote two notes")
	}
	for _, body := range []string{
		`{"kind":"visit","visibility":"team","text":" "}`, `{"kind":"visit","visibility":"circle","text":"a"}`, `{"kind":"dance","visibility":"team","text":"a"}`,
		`{"kind":"visit","visibility":"team","text":"a","on":"2027-01-01"}`, `{"kind":"visit","visibility":"team","text":"a","on":"11/06/2026"}`,
		`{"kind":"visit","visibility":"circle","circle":"` + id + `","text":"a"}`, `{"kind":"visit","visibility":"team","text":"a","step":"` + id + `"}`,
	} {
		c.call(422, "writeNote", file, "", body).problem(422, "invalid")
	}
	c.call(201, "writeNote", file, "", `{"kind":"other","visibility":"author","text":"pour moi"}`)
	first := c.call(200, "listNotes", file, "?limit=1", "").read()
	if n := first["items"].([]any)[0].(map[string]any); n["text"] != "pour moi" || first["next"] == nil {
		c.t.Errorf("first page %v", first)
	}
	second := c.call(200, "listNotes", file, "?limit=1&after="+first["next"].(string), "").read()
	if n := second["items"].([]any)[0].(map[string]any); n["id"] != written.id() || second["next"] != nil {
		c.t.Errorf("second page %v", second)
	}
	if n := c.call(200, "readNote", []string{id, written.id()}, "", "").read(); n["masked"] != "Vue avec [un tiers].\n\nTout va bien." || n["text"] != "Vue avec [[sa voisine]].\n\nTout va bien." {
		c.t.Errorf("note %v", n)
	}
	if list := c.call(200, "listNotes", file, "?q=VOISINE&kind=visit&visibility=team", "").read()["items"].([]any); len(list) != 1 {
		c.t.Errorf("found %v", list)
	}
	c.call(422, "listNotes", file, "?after=x", "").problem(422, "invalid")
	c.call(404, "readNote", []string{id, id}, "", "").problem(404, "not-found")

	c.call(201, "addStatement", file, "", `{"note":"`+written.id()+`","words":"Elle m'aide bien.","said_on":"2026-06-04","reread":"aloud"}`)
	c.call(201, "addStatement", file, "", `{"words":"Le matin, c'est mieux."}`)
	c.call(422, "addStatement", file, "", `{"words":"demain","said_on":"2027-01-01"}`).problem(422, "invalid")
	c.call(404, "addStatement", file, "", `{"note":"`+id+`","words":"a"}`).problem(404, "not-found")
	if list := c.call(200, "listStatements", file, "", "").read()["items"].([]any); len(list) != 2 || list[0].(map[string]any)["words"] != "Le matin, c'est mieux." {
		c.t.Errorf("words %v", list)
	}
	if list := c.call(200, "listStatements", file, "?note="+written.id(), "").read()["items"].([]any); len(list) != 1 {
		c.t.Errorf("words beside %v", list)
	}
}

// A token whose worker is in no circle finds nothing of it, and another team's
// file is refused.
func TestNotesOfAnotherTeam(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.ask("GET", "/api/v1/persons/"+string(h.theirs)+"/notes", "").problem(403, "forbidden")
		h.ask("POST", "/api/v1/persons/"+string(h.theirs)+"/notes", `{"kind":"visit","visibility":"team","text":"a"}`).problem(403, "forbidden")
	})
}
