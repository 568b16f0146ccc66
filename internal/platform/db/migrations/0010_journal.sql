-- +goose Up

-- One open tree per organisation ('' is the installation's own); a closed tree is
-- never written again. Writers lock the row of the open tree and do not change it,
-- so that a line costs one page: indexed, the number of lines whose subjects are
-- in journal_subject, moves once in a while. place is the IANA time zone in which
-- days are counted.
CREATE TABLE journal_head (
	org_id    {{text}} NOT NULL,
	tree      {{text}} NOT NULL,
	indexed   BIGINT NOT NULL,
	place     {{text}} NOT NULL,
	opened_at BIGINT NOT NULL,
	closed_at BIGINT,
	PRIMARY KEY (org_id, tree)
) {{clustered}};

CREATE UNIQUE INDEX journal_head_open ON journal_head (org_id) WHERE closed_at IS NULL;

-- leaf = SHA-256(salt || event). event, closed, their salts and subjects become
-- NULL when the content is erased; the leaf stays. subjects holds whom the line is
-- about: erasing one person's link takes them out of it. The forms are a contract:
-- docs/journal.md.
CREATE TABLE journal (
	org_id      {{text}} NOT NULL,
	tree        {{text}} NOT NULL,
	seq         BIGINT NOT NULL,
	id          {{text}} NOT NULL,
	at          BIGINT NOT NULL,
	day         {{text}} NOT NULL,
	event       {{blob}},
	salt        {{blob}},
	closed      {{blob}},
	closed_salt {{blob}},
	subjects    {{blob}},
	leaf        {{blob}} NOT NULL,
	PRIMARY KEY (org_id, tree, seq)
) {{clustered}};

-- The lines about a person, for the first lines of each tree (journal_head.indexed).
-- The day comes before the person so that lines written together touch few pages,
-- whoever they are about: a person's lines are read day by day.
CREATE TABLE journal_subject (
	org_id {{text}} NOT NULL,
	day    {{text}} NOT NULL,
	person {{text}} NOT NULL,
	tree   {{text}} NOT NULL,
	seq    BIGINT NOT NULL,
	PRIMARY KEY (org_id, day, person, tree, seq)
) {{clustered}};
