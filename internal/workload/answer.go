package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/endpoint"
)

// Answer is what requests ask for beside text, the same in each of them, as an
// application's are. The zero Answer asks for nothing.
type Answer struct {
	Wants *endpoint.Wants
	// Extra tokens of input are what the server counts for it. They come on top
	// of a prompt's own.
	Extra int
}

// Tools makes n functions of a seed: names, descriptions and parameters of the
// shapes that applications have. Another salt gives others, so that a run is
// new to a server's caches.
func Tools(seed uint64, salt string, n int) []endpoint.Tool {
	r := seededBy(seed, salt, 13)
	verbs := strings.Fields("find create update list delete send check book cancel measure translate convert")
	things := strings.Fields("order invoice meeting ticket message report weather route payment customer sensor document photo account parcel")
	var out []endpoint.Tool
	for i := range n {
		verb, thing := verbs[(i+r.IntN(len(verbs)))%len(verbs)], pick(r, things)
		name := verb + "_" + thing
		for _, t := range out {
			if t.Name == name {
				name = fmt.Sprintf("%s_%s_%d", verb, thing, i)
			}
		}
		out = append(out, endpoint.Tool{
			Name:        name,
			Description: fmt.Sprintf("%s%s one %s %s the %s.", strings.ToUpper(verb[:1]), verb[1:], thing, pick(r, words().prepositions), pick(r, words().nouns)),
			Parameters:  objectSchema(r, thing, 2+r.IntN(3)),
		})
	}
	return out
}

// Schema makes one for answers.
func Schema(seed uint64, salt string) json.RawMessage {
	return objectSchema(seededBy(seed, salt, 14), "answer", 5)
}

func seededBy(seed uint64, salt string, what uint64) *rand.Rand {
	return rand.New(rand.NewPCG(synthetic{SyntheticConfig: SyntheticConfig{Seed: seed, Salt: salt}}.key(), what))
}

// objectSchema is an object of n members, all required and none beside them, as
// strict servers want it.
func objectSchema(r *rand.Rand, thing string, n int) json.RawMessage {
	members, names := map[string]any{}, []string{}
	kinds := []func() any{
		func() any { return map[string]any{"type": "string", "description": "Name of the " + thing + "."} },
		func() any { return map[string]any{"type": "integer", "description": "How many."} },
		func() any { return map[string]any{"type": "boolean"} },
		func() any {
			return map[string]any{"type": "string", "enum": []string{"low", "medium", "high"}}
		},
		func() any {
			return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
		},
	}
	from := r.IntN(len(kinds))
	for i := range n {
		name := pick(r, words().nouns)
		if members[name] != nil {
			name += "_" + string(rune('a'+i))
		}
		members[name] = kinds[(from+i)%len(kinds)]()
		names = append(names, name)
	}
	b, err := json.Marshal(map[string]any{"type": "object", "properties": members, "required": names, "additionalProperties": false})
	if err != nil {
		return nil // maps of strings always have a form
	}
	return b
}

// lastLine is what asks for the answer in the place of the line that asks for
// words; "" where that stands.
func (a Answer) lastLine() string {
	switch w := a.Wants; {
	case w == nil:
		return ""
	case len(w.Tools) > 0:
		return callTool
	case len(w.Schema) > 0:
		return answerJSON
	}
	return ""
}

const (
	callTool   = "Answer with one call of a function that you have."
	answerJSON = "Answer with one object of JSON and with no other words."
)

// String says it in words behind those of a prompt; "" where nothing is asked for.
func (a Answer) String() string {
	if !a.Wants.Any() {
		return ""
	}
	text := fmt.Sprintf(", asking for %s effort of reasoning", a.Wants.Effort)
	switch {
	case len(a.Wants.Tools) > 0:
		text = fmt.Sprintf(", offering %d functions to call (tool choice %s)", len(a.Wants.Tools), a.Wants.Choice)
	case len(a.Wants.Schema) > 0:
		text = ", asking for JSON under a schema"
	}
	if a.Extra > 0 {
		text += fmt.Sprintf(", which the server counts as %d input tokens on top", a.Extra)
	}
	return text
}

// free reports whether the answer's length is its own: what has to be whole
// cannot be cut or drawn out to a number of tokens.
func (a Answer) free() bool { return a.lastLine() != "" }
