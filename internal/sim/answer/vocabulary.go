package answer

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// The words by which a prompt is read. They are never changed.
var (
	codeMarker = set("code function class method script program snippet implement implementation algorithm endpoint api query subroutine")
	hookMarker = set("hook viral headline tweet caption clickbait teaser")

	languages = map[string]string{
		"python": "python", "py": "python", "go": "go", "golang": "go",
		"javascript": "javascript", "js": "javascript", "node.js": "javascript", "nodejs": "javascript",
		"typescript": "typescript", "ts": "typescript", "java": "java", "rust": "rust",
		"sql": "sql", "bash": "bash", "shell": "bash", "c++": "cpp", "cpp": "cpp",
	}

	codeVerbs = map[string]string{
		"reverse": "reverse", "reverses": "reverse", "sort": "sort", "sorts": "sort", "parse": "parse", "parses": "parse",
		"validate": "validate", "validates": "validate", "count": "count", "counts": "count", "merge": "merge", "merges": "merge",
		"find": "find", "finds": "find", "filter": "filter", "filters": "filter", "compute": "compute", "computes": "compute",
		"calculate": "calculate", "calculates": "calculate", "convert": "convert", "converts": "convert", "check": "check", "checks": "check",
		"read": "read", "reads": "read", "remove": "remove", "removes": "remove", "flatten": "flatten", "flattens": "flatten",
		"group": "group", "groups": "group", "search": "search", "searches": "search", "retry": "retry", "retries": "retry",
		"schedule": "schedule", "schedules": "schedule", "detect": "detect", "detects": "detect", "split": "split", "splits": "split",
	}

	strongTopicMarker = set("about regarding concerning topic explain describe")
	weakTopicMarker   = set("of on for that in how why what")
	clauseEnd         = set("in with using that which when while where without within under for so and or then to from as by if because")
	linking           = set("of a the")
	generic           = set("role concept idea basics importance benefits purpose principle principles use meaning")
	article           = set("a an the some any this that these those")

	stopWord = set(`a about above after again all also am an and any are as at be because been before being below between both but by
can could did do does doing down during each few for from further give had has have having he her here his how i if in into is it its
just let like make me more most my need no nor not now of off on once only or other our out over own please same she should show so some
such than that the their them then there these they this those through to too under until up use used using very via want was way we were
what when where which while who why will with would you your write create explain describe generate provide include includes returns return
answer question sentence sentences word words short brief example examples concise audience post explains keep within under engaging one two
three least must given takes take input output describe`)
)
