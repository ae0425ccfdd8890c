// Package examples holds example plans. Each runs as it is, or after its URLs
// were replaced, and each is run by a test.
package examples

import "embed"

// Migration is the plan of the demo.
//
//go:embed migration.yaml
var Migration []byte

// Plans are all example plans.
//
//go:embed *.yaml
var Plans embed.FS
