-- +goose Up

-- When every way in of a holder was closed because their death was recorded, in µs;
-- 0 = never, or opened again since by a new card made at the counter.
ALTER TABLE holder ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
