-- +goose Up

-- Somebody who welcomes at the desk, and opens no file unless they also accompany.
ALTER TABLE worker ADD COLUMN welcomes BIGINT NOT NULL DEFAULT 0;
