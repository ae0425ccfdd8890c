//go:build race

package forecast

// raced: the race detector makes simulation ten times slower.
const raced = true
