package answer

// The sentences of explanations and hooks, by where they may occur.
var (
	openings = []string{
		"{Topic} is a way to control how a system handles {k0}, so that its latency and cost stay predictable.",
		"{Topic} describes how a system organises {k0} so that work is done once, in order, and at a known cost.",
		"At its core, {topic} is a trade-off: it spends some memory on {k0} in order to save time on every request.",
		"{Topic} solves one problem: without it, {k0} becomes the bottleneck as soon as the load grows.",
	}
	// mechanisms come as a list or as sentences; each has a name and a text.
	mechanisms = [][2]string{
		{"Mechanism", "the system splits {k1} into small steps, therefore several requests can share one resource."},
		{"State", "an index or cache keeps recent {k0} data, because reading it again is cheaper than computing it."},
		{"Consistency", "each update to {k1} is versioned, so that a reader never sees a half-finished result."},
		{"Scaling", "when throughput rises, more workers take {k0} from the queue, and the protocol keeps their order."},
		{"Failure", "a timeout and a bounded retry protect {k1}, so that one slow node does not block the others."},
		{"Cost", "the algorithm needs O(log n) steps for {k0}, for example about 20 for a million entries."},
	}
	closings = []string{
		"In short, measure {k0} first, then tune {topic} for your own workload.",
		"As a result, {topic} pays off when {k0} is frequent; however, it adds complexity.",
		"Overall, start simple and add {topic} once a profile shows that {k0} is the limit.",
	}
	// paragraphs lengthen an answer that must not end yet.
	paragraphs = []string{
		"A second look at {k0} helps: the request path, the queue in front of it and the memory behind it each add to the latency, and only a measurement shows which one dominates.",
		"In practice, {k1} changes over time. Keep a baseline, compare each change against it, and record the configuration together with the result, so that the effect of {topic} can be reproduced.",
		"Consider an example with {n} workers: each takes one task, processes {k0}, and returns the result. Because the tasks are independent, throughput grows with the workers until the shared resource is full.",
		"However, {topic} has limits. If {k2} is rare, the extra bookkeeping costs more than it saves; therefore a simple design with fewer parts is often the better choice.",
		"Finally, monitor {k1} with a counter and a histogram. An average hides the slow tail, while the 99th percentile shows what a user of {topic} really sees.",
		"Testing {k0} needs two kinds of input: the common case, which sets the cost, and the edge case, which sets the design. Both belong in an automated test for {topic}.",
	}

	hookOpenings = []string{
		"Why do {n} out of 10 teams get {topic} wrong, and never notice?",
		"What if everything you know about {topic} is only half true?",
		"You are {n} minutes away from understanding {topic} better than most experts.",
		"Stop scrolling: the secret of {topic} is not what you think.",
	}
	hookTurns = []string{
		"Most people start with {k0}. The best ones start with {k1}, and the difference is huge.",
		"You don't need more {k0}. You need one simple change that nobody talks about.",
		"I tried {n} ways to fix {k0}, but only one of them worked, and it surprised me.",
	}
	hookPoints = []string{
		"The {k0} mistake that costs you the most time",
		"The one {k1} habit that changes your results",
		"A simple test that shows if your {k0} really works",
		"What the experts know about {k1} but rarely share",
	}
	hookCalls = []string{
		"Save this before your next {k0} decision, and tell me what you think!",
		"Follow along, try it today, and share what you learn about {topic}.",
		"Read on: by the end you will see {k0} with new eyes.",
	}
)

// explain writes a short structured explanation.
func (w *writer) explain() {
	w.say(w.pick(openings))
	points := w.mechanismsInOrder()
	listed := w.good()
	closing := w.good()
	if listed {
		w.b.WriteString("\n")
	}
	for i, p := range points {
		// A list needs at least two points.
		if w.left() < 15 && (i > 1 || i == 1 && !listed) {
			break
		}
		if listed {
			w.say("\n- **" + p[0] + "**: " + p[1])
		} else {
			w.say(" " + w.pick([]string{"Here", "In addition", "Also"}) + ", " + p[1])
		}
	}
	if closing && w.left() > 0 {
		if listed {
			w.b.WriteString("\n\n")
		} else {
			w.b.WriteString(" ")
		}
		w.say(w.pick(closings))
	}
}

func (w *writer) mechanismsInOrder() [][2]string {
	order := w.rng.Perm(len(mechanisms))
	out := make([][2]string, len(order))
	for i, j := range order {
		out[i] = mechanisms[j]
	}
	return out
}

// hook writes the first lines of a post.
func (w *writer) hook() {
	w.say(w.pick(hookOpenings))
	w.b.WriteString("\n\n")
	w.say(w.pick(hookTurns))
	if w.good() {
		w.b.WriteString("\n\nHere is what matters:\n")
		for i, p := range w.shuffled(hookPoints)[:2] {
			w.say("\n" + string(rune('1'+i)) + ". " + p)
		}
	} else {
		w.say(" And it starts with {k0}.")
	}
	if w.good() {
		w.b.WriteString("\n\n")
		w.say(w.pick(hookCalls))
	}
}

// paragraph writes one more paragraph for an answer that must not end yet.
func (w *writer) paragraph() { w.say(w.pick(paragraphs)) }
