-- +goose Up

-- What a service made impossible: against the service, never about somebody. No column
-- names a person, a passage or a worker. said: the service's name when it is on no
-- list, and what happened, sealed.
CREATE TABLE desk_obstacle (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	day     {{text}} NOT NULL,
	service {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	said    {{blob}} NOT NULL,
	void    BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX desk_obstacle_day ON desk_obstacle (org_id, day, id);
