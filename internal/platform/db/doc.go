// Package db keeps rows: one SQL text and one set of migrations on SQLite
// (encrypted, embedded) and on PostgreSQL.
//
// # Guarantees
//
//   - Tx runs one use case: everything it wrote is on disk when Tx returns nil,
//     nothing of it is when Tx returns an error. On SQLite waiting use cases share
//     one commit (group commit); a use case that fails or panics undoes itself alone.
//   - Read sees one snapshot: all of a use case or nothing of it.
//   - Files of the SQLite database are encrypted (Adiantum): rows, indexes and
//     write-ahead log are unreadable without the key. It is not integrity: whoever
//     can write the files can put old pages back. See docs/adr.
//   - A text with $1, $2… means the same on both databases.
//
// # The portable subset
//
// Ids and days are TEXT, instants BIGINT µs UTC, money BIGINT cents, booleans
// BIGINT 0 or 1. Write $N; never compare JSON read back; no trigger. A statement
// that fails ends its use case on both databases: use INSERT … ON CONFLICT DO
// NOTHING and look at the number of rows rather than catching an error. A final
// FOR UPDATE locks the rows on PostgreSQL and is dropped on SQLite, where only
// one use case writes at a time.
//
// # Migrations
//
// migrations/NNNN_name.sql, forward only, goose format ("-- +goose Up"), with these
// tokens, replaced for each database:
//
//	{{text}}       TEXT, compared byte by byte (COLLATE "C" on PostgreSQL)
//	{{blob}}       BYTEA on PostgreSQL, BLOB on SQLite
//	{{serial}}     a BIGINT PRIMARY KEY that counts up by itself
//	{{rows}}       ends CREATE TABLE (…) {{rows}}; : STRICT on SQLite
//	{{clustered}}  the same for a table stored in its primary key's order:
//	               STRICT, WITHOUT ROWID on SQLite; best for small rows
//
// Write BIGINT as it is (SQLite's strict tables get INTEGER). Numbers: 0001–0009
// platform, 0010–0019 journal, 0020–0029 access, 0030–0059 casefile.
//
// # What not to do
//
// No network, mail or file inside Tx: Emit a line of the outbox or Enqueue a job.
// Do not call DB.Tx inside DB.Tx: on SQLite the second waits for the first. On
// PostgreSQL a use case may be run again after a conflict between transactions,
// so it must not add to variables outside that a first run has changed.
//
//	err := d.Tx(ctx, func(tx *db.Tx) error {
//		n, err := tx.Exec(`UPDATE person SET name = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $4`, org, id, name, version)
//		if err != nil || n == 1 {
//			return err
//		}
//		return errs.New(errs.Conflict, "errs.conflict")
//	})
package db
