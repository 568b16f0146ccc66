-- +goose Up

-- Where another program is told that something happened: ids only, never content.
-- kinds: "file.changed right.computed". state: on, paused, broken. secret and
-- old_secret: sealed; the old one signs beside the new one until old_until.
-- failing_since: µs UTC of the first failure since the last success, 0 = none.
CREATE TABLE webhook_endpoint (
	org_id        {{text}} NOT NULL,
	id            {{text}} NOT NULL,
	name          {{text}} NOT NULL,
	url           {{text}} NOT NULL,
	kinds         {{text}} NOT NULL,
	state         {{text}} NOT NULL,
	secret        {{blob}} NOT NULL,
	old_secret    {{blob}} NOT NULL,
	old_until     BIGINT NOT NULL,
	failing_since BIGINT NOT NULL,
	version       BIGINT NOT NULL,
	made_at       BIGINT NOT NULL,
	made_by       {{text}} NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- One message to one endpoint. id is the message's, from its event and its place in
-- it, so that an event brought twice is one row. object is "step" or '', object_id
-- its id. state: waiting, done, dead. status: of the last answer, 0 = none. fault: a
-- code, '' = none.
CREATE TABLE webhook_delivery (
	org_id      {{text}} NOT NULL,
	endpoint_id {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	person_id   {{text}} NOT NULL,
	object      {{text}} NOT NULL,
	object_id   {{text}} NOT NULL,
	event_at    BIGINT NOT NULL,
	state       {{text}} NOT NULL,
	attempts    BIGINT NOT NULL,
	next_at     BIGINT NOT NULL,
	lease_until BIGINT NOT NULL,
	status      BIGINT NOT NULL,
	fault       {{text}} NOT NULL,
	tried_at    BIGINT NOT NULL,
	PRIMARY KEY (org_id, endpoint_id, id),
	FOREIGN KEY (org_id, endpoint_id) REFERENCES webhook_endpoint (org_id, id)
) {{clustered}};

CREATE INDEX webhook_delivery_due ON webhook_delivery (org_id, endpoint_id, next_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_old ON webhook_delivery (event_at);
