//go:build !race

package main

// manyFiles is what the default of -max-files lets through.
const manyFiles = 10_000
