package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Answer is what requests ask for in addition to text, the same in each of them, as
// in an application. The zero Answer asks for nothing.
type Answer struct {
	Wants *endpoint.Wants
	// Extra is how many input tokens the server counts for it, in addition to those
	// of the prompt.
	Extra int
}

// Tools makes n functions from a seed, with names, descriptions and parameters like
// those of applications. Another salt gives others, so that a run is new to a
// server's caches.
func Tools(seed uint64, salt string, n int) []endpoint.Tool {
	r := seededBy(seed, salt, 13)
	verbs := strings.Fields("find create update list delete send check book cancel measure translate convert")
	things := strings.Fields("order invoice meeting ticket message report weather route payment customer sensor document photo account parcel")
	var out []endpoint.Tool
	for i := range n {
		verb, thing := verbs[(i+r.IntN(len(verbs)))%len(verbs)], things[r.IntN(len(things))]
		name := verb + "_" + thing
		for _, t := range out {
			if t.Name == name {
				name = fmt.Sprintf("%s_%s_%d", verb, thing, i)
			}
		}
		out = append(out, endpoint.Tool{
			Name:        name,
			Description: fmt.Sprintf("%s%s one %s %s the %s.", strings.ToUpper(verb[:1]), verb[1:], thing, textgen.Preposition(r), textgen.Noun(r)),
			Parameters:  objectSchema(r, thing, 2+r.IntN(3)),
		})
	}
	return out
}

// Schema makes a JSON schema for answers from a seed and a salt.
func Schema(seed uint64, salt string) json.RawMessage {
	return objectSchema(seededBy(seed, salt, 14), "answer", 5)
}

// seededBy returns a generator by seed, salt and purpose.
func seededBy(seed uint64, salt string, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(synthetic{SyntheticConfig: SyntheticConfig{Seed: seed, Salt: salt}}.key(), purpose))
}

// objectSchema is the schema of an object of n members, all required and with no
// others allowed, as strict servers want it.
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
		name := textgen.Noun(r)
		if members[name] != nil {
			name += "_" + string(rune('a'+i))
		}
		members[name] = kinds[(from+i)%len(kinds)]()
		names = append(names, name)
	}
	b, err := json.Marshal(map[string]any{"type": "object", "properties": members, "required": names, "additionalProperties": false})
	if err != nil {
		return nil // cannot happen: maps of strings can be marshaled
	}
	return b
}

// lastLine is the line of a prompt that asks for the answer in place of the one that
// asks for words; "" if the answer is words.
func (a Answer) lastLine() string {
	switch w := a.Wants; {
	case w == nil:
		return ""
	case len(w.Tools) > 0:
		return textgen.CallTool
	case len(w.Schema) > 0:
		return textgen.AnswerJSON
	}
	return ""
}

// String says it in words, to be appended to those of the prompts; "" if nothing is
// asked for.
func (a Answer) String() string {
	if !a.Wants.Any() {
		return ""
	}
	text := fmt.Sprintf(", asking for %s reasoning effort", a.Wants.Effort)
	switch {
	case len(a.Wants.Tools) > 0:
		text = fmt.Sprintf(", offering %d functions to call (tool choice %s)", len(a.Wants.Tools), a.Wants.Choice)
	case len(a.Wants.Schema) > 0:
		text = ", asking for JSON under a schema"
	}
	if a.Extra > 0 {
		text += fmt.Sprintf(", for which the server counts %d more input tokens", a.Extra)
	}
	return text
}

// free reports whether the model decides the answer's length: what must be complete
// cannot be cut or extended to a number of tokens.
func (a Answer) free() bool { return a.lastLine() != "" }
