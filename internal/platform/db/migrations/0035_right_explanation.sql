-- +goose Up

-- The explanation of a result stands apart from its detail: the page of a person
-- shows one and reads no other.
ALTER TABLE right_result ADD COLUMN explanation {{blob}};
