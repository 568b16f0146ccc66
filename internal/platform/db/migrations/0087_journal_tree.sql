-- +goose Up

-- The Merkle tree over the lines (docs/journal.md). spot is tlog's stored hash
-- index of a node of level 5 or above; the lower ones are computed again from the
-- 32 leaves of their lines. Rows are only ever added, at the end of each tree.
CREATE TABLE journal_node (
	org_id {{text}} NOT NULL,
	tree   {{text}} NOT NULL,
	spot   BIGINT NOT NULL,
	hash   {{blob}} NOT NULL,
	PRIMARY KEY (org_id, tree, spot)
) {{clustered}};

-- What the installation signed of a tree: its first size lines, at an instant.
-- note is a C2SP signed note.
CREATE TABLE journal_checkpoint (
	org_id {{text}} NOT NULL,
	tree   {{text}} NOT NULL,
	size   BIGINT NOT NULL,
	at     BIGINT NOT NULL,
	note   {{text}} NOT NULL,
	PRIMARY KEY (org_id, tree, size)
) {{clustered}};
