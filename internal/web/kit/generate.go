package kit

// The script is written in TypeScript and committed as the JavaScript that
// esbuild (a development tool, from package-lock.json) makes of it; a test
// compares where npm's tools are installed.
//
//go:generate ../../../node_modules/.bin/esbuild static/parvis.ts --minify --target=es2020 --outfile=static/parvis.js
