package openfisca

import (
	"net/http"

	"codeberg.org/parvis/parvis/rights"
)

// node is a part of the OpenAPI document.
type node = map[string]any

func ref(name string) node { return node{"$ref": "#/components/schemas/" + name} }

// answerOf is a response with a body.
func answerOf(description string, schema node) node {
	return node{"description": description, "content": node{"application/json": node{"schema": schema}}}
}

// spec is the OpenAPI document of this law: every variable of every entity.
func (h *handler) spec(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, node{
		"openapi": "3.0.3",
		"info": node{"title": "Parvis, OpenFisca web API", "version": h.law.Digest(), "license": node{"name": "EUPL-1.2"},
			"description": "Situations as OpenFisca-France reads them. A null as the value of a period asks for it."},
		"servers":    []any{node{"url": address(r, "")[:len(address(r, ""))-1]}},
		"paths":      h.paths(),
		"components": node{"schemas": h.schemas()},
	})
}

func (h *handler) paths() node {
	problem := answerOf("What was wrong, at its path, in the language of Accept-Language, with the nearest names", ref("Problem"))
	get := func(id, summary string, schema node, more ...node) node {
		op := node{"operationId": id, "summary": summary, "responses": node{"200": answerOf("OK", schema)}}
		if len(more) > 0 {
			op["parameters"] = more
			op["responses"].(node)["404"] = problem
		}
		return node{"get": op}
	}
	named := func(what string) node {
		return node{"name": "id", "in": "path", "required": true, "description": what, "schema": node{"type": "string", "minLength": 1}}
	}
	query := func(name, description string) node {
		return node{"name": name, "in": "query", "required": false, "description": description, "schema": node{"type": "string", "enum": []string{"0", "1"}}}
	}
	post := func(id, summary, answer string) node {
		return node{"post": node{
			"operationId": id, "summary": summary,
			"parameters":  []node{query("parvis", "0: without the key “parvis”"), query("strict", "1: 400 when a fact would be assumed")},
			"requestBody": node{"required": true, "content": node{"application/json": node{"schema": ref("SituationInput")}}},
			"responses":   node{"200": answerOf("OK", ref(answer)), "400": problem, "413": problem, "503": problem},
		}}
	}
	list := node{"type": "object", "additionalProperties": ref("Listed")}
	return node{
		"/calculate":      post("calculate", "Compute what a situation asks by null", "SituationOutput"),
		"/trace":          post("trace", "Compute, and tell every value it rests on", "Trace"),
		"/entities":       get("entities", "Persons and groups, with their roles", node{"type": "object", "additionalProperties": ref("Entity")}),
		"/variables":      get("variables", "Every input and rule", list),
		"/variable/{id}":  get("variable", "One input or rule", ref("Variable"), named("Its name")),
		"/parameters":     get("parameters", "Every dated figure of the law", list),
		"/parameter/{id}": get("parameter", "One figure, with its dates", ref("Parameter"), named("Its name; a/b is a.b")),
		"/spec":           get("spec", "This document", node{"type": "object"}),
	}
}

func (h *handler) schemas() node {
	text, number := node{"type": "string"}, node{"type": "number"}
	texts := node{"type": "array", "items": text}
	object := func(properties node, required ...string) node {
		out := node{"type": "object", "properties": properties}
		if len(required) > 0 {
			out["required"] = required
		}
		return out
	}
	by := func(item node) node { return node{"type": "object", "additionalProperties": item} }
	any := node{"nullable": true}
	out := node{
		"Problem": node{"type": "object", "description": "The message at its path, or under “error”"},
		"Listed":  object(node{"description": text, "href": text}, "description", "href"),
		"Entity":  object(node{"plural": text, "description": text, "documentation": text, "roles": by(object(node{"plural": text, "description": text, "max": node{"type": "integer"}}))}, "plural"),
		"Variable": object(node{"id": text, "description": text, "valueType": node{"type": "string", "enum": []string{"Float", "Boolean", "Date", "String"}}, "entity": text,
			"definitionPeriod": node{"type": "string", "enum": []string{"MONTH", "YEAR", "ETERNITY"}}, "defaultValue": any, "possibleValues": by(text), "references": texts, "unit": text, "source": text,
			"formulas": by(object(node{"source": text, "content": text})),
			"parvis":   object(node{"input": node{"type": "boolean"}, "year": node{"type": "string", "enum": []string{"divided", "repeated", "refused"}}, "presumed": any})}, "id", "valueType", "entity", "definitionPeriod"),
		"Parameter": object(node{"id": text, "description": text, "metadata": node{"type": "object"}, "values": by(node{"type": "number", "nullable": true}), "brackets": by(by(number)), "subparams": by(ref("Listed"))}, "id"),
		"Trace": object(node{"requestedCalculations": texts, "entitiesDescription": by(texts), "parvis": node{"type": "object"},
			"trace": by(object(node{"value": node{"type": "array", "items": any}, "dependencies": texts, "parameters": by(number)}))}, "requestedCalculations", "entitiesDescription", "trace"),
	}
	input, answer := node{}, node{}
	for plural, e := range entities {
		schema := h.instance(e)
		input[plural] = by(schema)
		answer[plural] = by(node{"type": "object"})
	}
	input["parvis"] = node{"description": "Ignored, so that an answer may be sent back"}
	whole := object(input, "individus")
	whole["additionalProperties"] = false
	whole["example"] = node{
		"individus":      node{"anne": node{"date_naissance": node{"ETERNITY": "1985-05-01"}}, "leo": node{"date_naissance": node{"ETERNITY": "2015-01-01"}}, "mia": node{"date_naissance": node{"ETERNITY": "2018-01-01"}}},
		"familles":       node{"f": node{"parents": []string{"anne"}, "enfants": []string{"leo", "mia"}, "af": node{"2025-06": nil}}},
		"foyers_fiscaux": node{"t": node{"declarants": []string{"anne"}, "personnes_a_charge": []string{"leo", "mia"}}},
		"menages":        node{"m": node{"personne_de_reference": []string{"anne"}, "enfants": []string{"leo", "mia"}}},
	}
	answer["parvis"] = object(node{"law": text, "assumed": node{"type": "array", "items": object(node{"path": text, "periods": texts, "value": any, "read_by": texts})},
		"to_verify": node{"type": "array", "items": object(node{"path": text, "reason": texts})}})
	out["SituationInput"], out["SituationOutput"] = whole, object(answer)
	return out
}

// instance is a person or a group in a request: its roles and its variables, each
// by period.
func (h *handler) instance(e rights.Entity) node {
	properties := node{}
	for _, role := range []string{"parents", "enfants", "declarants", "personnes_a_charge", "personne_de_reference", "conjoint", "autres"} {
		if _, most, ok := roleOf(e, role); ok {
			list := node{"type": "array", "items": node{"type": "string"}}
			if most > 0 {
				list["maxItems"] = most
			}
			properties[role] = node{"oneOf": []any{node{"type": "string"}, list}}
		}
	}
	for _, v := range h.law.Variables() {
		if v.Entity != e {
			continue
		}
		value := node{"nullable": true}
		switch v.Kind {
		case rights.KindNumber:
			value["type"] = "number"
		case rights.KindBool:
			value["type"] = "boolean"
		case rights.KindDate:
			value["type"], value["format"] = "string", "date"
		default:
			value["type"] = "string"
			if len(v.Choices) > 0 {
				names := []any{nil}
				for _, c := range v.Choices {
					names = append(names, c.Name)
				}
				value["enum"] = names
			}
		}
		properties[v.Name] = node{"type": "object", "description": v.Label, "additionalProperties": value}
	}
	return node{"type": "object", "properties": properties, "additionalProperties": false}
}
