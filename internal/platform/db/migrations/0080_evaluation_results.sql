-- +goose Up
-- The results of a calculation, short: what a page shows of thirty rights is read
-- with the calculation's own row. A calculation never changes, so neither does this.
-- '' where it was made before: its rows of right_result say the same.
ALTER TABLE evaluation ADD COLUMN results {{text}} NOT NULL DEFAULT '';
