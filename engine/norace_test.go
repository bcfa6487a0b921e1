//go:build !race

package engine_test

// submitters10k is how many goroutines share 10,000 Submits.
const submitters10k = 10_000
