-- +goose Up

-- A call or a letter about a file: with whom, which way, what was answered, by whom.
-- Append-only. step_id is '' when it is about no step.
CREATE TABLE exchange (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	direction   {{text}} NOT NULL,
	party       {{text}} NOT NULL,
	answered_by {{text}} NOT NULL,
	says        {{text}} NOT NULL,
	held_on     {{text}} NOT NULL,
	step_id     {{text}} NOT NULL,
	recorded_at BIGINT NOT NULL,
	recorded_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};
