-- +goose Up

-- 1 once a checkpoint is in somebody's hands: in a proof, a receipt, a list to keep
-- elsewhere. The others of long ago go, but for one a day (docs/journal.md).
ALTER TABLE journal_checkpoint ADD COLUMN given BIGINT NOT NULL DEFAULT 0;
