// Command inferometer measures LLM serving endpoints and answers with proof.
// All of it is in internal/cli.
package main

import (
	"os"

	"github.com/inferometer/inferometer/internal/cli"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

func main() {
	os.Exit(cli.Main(cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ(), Version: version,
	}))
}
