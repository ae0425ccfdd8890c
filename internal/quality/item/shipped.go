package item

import (
	"bytes"
	_ "embed" // the set
)

//go:embed data/canary.jsonl
var canary []byte

// Shipped returns the canary set: tasks made by hand over all kinds of content, each with
// answers that can be checked. It panics where the file does not read, which a test
// would have found.
func Shipped() []Item {
	items, err := Read(bytes.NewReader(canary), "canary.jsonl")
	if err != nil {
		panic(err)
	}
	return items
}
