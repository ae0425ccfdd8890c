package sandbox

import "os/exec"

// group does nothing: the command itself is killed, and its children where it is a
// container.
func group(*exec.Cmd) {}
