//go:build race

package exchange

// raced: the race detector makes simulation many times slower.
const raced = true
