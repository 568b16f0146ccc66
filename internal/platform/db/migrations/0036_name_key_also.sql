-- +goose Up

-- The whole search text beside the keys that searches of several words walk
-- (kinds n and p): the other words are checked without reading the person.
ALTER TABLE name_key ADD COLUMN also {{text}} NOT NULL DEFAULT '';
