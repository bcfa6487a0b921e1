//go:build race

package main

// manyFiles is fewer under the race detector, which makes each many times slower.
const manyFiles = 2_000
