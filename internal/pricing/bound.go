package pricing

// MostInput is the most input tokens that a request can have whose body has size
// bytes, of which texts are the prompt's, and which was made, or counted, to have
// asked tokens; 0: it was not.
//
// A byte-level tokenizer (all that are in use) has no token of less than one byte,
// and the JSON around a text is longer than what a template puts there, so that the
// bytes of the body are a bound whatever the text is: tools, schema and system
// messages are in it. Where the length is known the bound is tighter: half as much
// again, since lengths may be estimates, and something for the template. What the
// body has besides, such as tools that the plan adds to it, is in no length: a token
// for each byte.
func MostInput(asked, size, texts int) int {
	if asked == 0 {
		return size
	}
	const (
		template = 128  // tokens
		usual    = 1024 // bytes of the fields that any body has
	)
	return min(size, asked+max(asked/2, template)+max(0, size-texts-usual))
}
