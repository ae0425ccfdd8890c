//go:build race

package loadgen

// raced: a million requests take minutes under the race detector.
const raced = true
