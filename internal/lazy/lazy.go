// Package lazy holds what a package computes when it is first asked for, so
// that a program's start does not pay for what its command never uses.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that compiles the expression when it is first
// called, and gives the same one to every call. It panics on an expression
// that does not compile, as regexp.MustCompile does.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Value returns a function that calls make once, and gives what it made to
// every call.
func Value[T any](make func() T) func() T { return sync.OnceValue(make) }
