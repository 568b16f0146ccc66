package db

// RewriteSQLite lets the external tests look at the rewriting of SQL texts.
var RewriteSQLite = rewriteSQLite
