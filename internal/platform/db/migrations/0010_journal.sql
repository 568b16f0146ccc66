-- +goose Up

-- One open tree per organisation ('' is the installation's own); a closed tree
-- is never written again. size counts its lines; place is the IANA time zone in
-- which its days are counted.
CREATE TABLE journal_head (
	org_id    {{text}} NOT NULL,
	tree      {{text}} NOT NULL,
	size      BIGINT NOT NULL,
	place     {{text}} NOT NULL,
	opened_at BIGINT NOT NULL,
	closed_at BIGINT,
	PRIMARY KEY (org_id, tree)
) {{clustered}};

CREATE UNIQUE INDEX journal_head_open ON journal_head (org_id) WHERE closed_at IS NULL;

-- leaf = SHA-256(salt || event). event, closed and their salts become NULL when
-- the content is erased; the leaf stays. The form of event and closed is a
-- contract: docs/journal.md.
CREATE TABLE journal (
	org_id      {{text}} NOT NULL,
	tree        {{text}} NOT NULL,
	seq         BIGINT NOT NULL,
	id          {{text}} NOT NULL,
	at          BIGINT NOT NULL,
	event       {{blob}},
	salt        {{blob}},
	closed      {{blob}},
	closed_salt {{blob}},
	leaf        {{blob}} NOT NULL,
	PRIMARY KEY (org_id, tree, seq)
) {{clustered}};

-- Who a line is about. The event holds SHA-256(salt || person): deleting this row
-- erases the link and leaves the line's proof whole.
CREATE TABLE journal_subject (
	org_id {{text}} NOT NULL,
	person {{text}} NOT NULL,
	tree   {{text}} NOT NULL,
	seq    BIGINT NOT NULL,
	salt   {{blob}} NOT NULL,
	PRIMARY KEY (org_id, person, tree, seq)
) {{clustered}};
