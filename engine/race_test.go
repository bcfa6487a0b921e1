//go:build race

package engine_test

// submitters10k is how many goroutines share 10,000 Submits: the race detector
// knows 8,128 at most.
const submitters10k = 5000
