// Command testcount reads the output of `go test -json` on standard input,
// from one run or from several one after another, and writes what a person
// wants of it: a line for each package, the output of what failed, the reason
// of what was skipped, and as its last line
//
//	N passed, N failed, N skipped
//
// Only leaves are counted: a test with subtests is its subtests. It ends with
// 1 if anything failed, a build, a panic and a test without an end included,
// or if there was no test at all. Lines that are not JSON are passed through.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	failed, err := count(os.Stdin, out)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}
