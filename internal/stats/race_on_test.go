//go:build race

package stats

// raced: the race detector makes simulation many times slower.
const raced = true
