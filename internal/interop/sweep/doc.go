// Package sweep computes rights for many households at once, from a file of lines
// or from a made-up population, and writes one line per household and right.
//
// The households are read into columns block by block, computed by package
// columnar on every core, and written in their order. Memory does not grow with
// their number. What is written is first beside the wanted file, with a note of
// how far it went, so that a sweep that was killed goes on from its last block;
// the file gets its name when it is whole.
//
// It lists what the law gives; it never orders people.
package sweep
