package sim

import "testing"

// A script in a request is taken from this machine only.
func TestScriptsComeFromThisMachine(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:5000": true, "[::1]:5000": true, "[::ffff:127.0.0.1]:80": true, "pipe": true, "": true,
		"10.0.0.7:5000": false, "[2001:db8::1]:80": false, "[fe80::1%eth0]:80": false,
	} {
		if got := fromThisMachine(addr); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
}
