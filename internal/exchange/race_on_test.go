//go:build race

package exchange

// raced: the race detector changes what is allocated.
const raced = true
