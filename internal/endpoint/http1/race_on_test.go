//go:build race

package http1

// raced: the race detector allocates for itself.
const raced = true
