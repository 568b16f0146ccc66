-- +goose Up

-- What a calculation leaves open, the most useful to ask first: "variable.subject"
-- separated by spaces, '' for those made before it was kept.
ALTER TABLE evaluation ADD COLUMN asks {{text}} NOT NULL DEFAULT '';
