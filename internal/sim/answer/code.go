package answer

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// listing is a prepared piece of code for a common task.
type listing struct {
	language string
	marks    string // words of the prompt, one of which must occur
	text     string
	note     string // what to say about it: cost and edge cases
}

// listings are tried in order. Their code is correct and runs as it is.
var listings = []listing{
	{"python", "palindrome palindromes", `def is_palindrome(text: str) -> bool:
    """Ignore case and punctuation."""
    chars = [c.lower() for c in text if c.isalnum()]
    return chars == chars[::-1]
`, "It runs in O(n) time, and an empty string counts as a palindrome."},
	{"python", "fibonacci", `def fibonacci(n: int) -> int:
    if n < 0:
        raise ValueError("n must not be negative")
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
`, "It needs O(n) time and constant memory; a negative n is an error."},
	{"python", "prime primes", `def is_prime(n: int) -> bool:
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True
`, "It needs O(sqrt n) steps, and numbers below 2 are not prime."},
	{"python", "binary bisect", `def binary_search(items: list, target) -> int:
    low, high = 0, len(items)
    while low < high:
        mid = (low + high) // 2
        if items[mid] < target:
            low = mid + 1
        else:
            high = mid
    return low if low < len(items) and items[low] == target else -1
`, "It takes O(log n) steps and returns -1 if the target is missing."},
	{"python", "reverse reverses reversed", `def reverse_items(items):
    """Return a reversed copy of a string or list."""
    if items is None:
        raise ValueError("items is required")
    return items[::-1]
`, "It copies in O(n) time; an empty input gives an empty result."},
	{"python", "sort sorts sorting quicksort", `def quicksort(items: list) -> list:
    if len(items) < 2:
        return list(items)
    pivot = items[0]
    low = [x for x in items[1:] if x < pivot]
    high = [x for x in items[1:] if x >= pivot]
    return quicksort(low) + [pivot] + quicksort(high)
`, "On average it takes O(n log n) time; the input is not changed."},
	{"python", "email emails", `import re

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

def is_email(text: str) -> bool:
    return EMAIL.fullmatch(text.strip()) is not None
`, "It checks the form only; delivery must be tested separately."},
	{"python", "cache lru memoize", `from collections import OrderedDict

class Cache:
    def __init__(self, size: int):
        self.size, self.data = size, OrderedDict()

    def put(self, key, value):
        self.data[key] = value
        self.data.move_to_end(key)
        if len(self.data) > self.size:
            self.data.popitem(last=False)
`, "Each call is O(1); the oldest entry leaves first."},
	{"python", "retry retries backoff", `import time

def retry(call, attempts=3, delay=0.1):
    for i in range(attempts):
        try:
            return call()
        except OSError:
            if i == attempts - 1:
                raise
            time.sleep(delay * 2 ** i)
`, "The delay doubles each time, and the last error is raised."},
	{"python", "csv json file", `import csv

def read_rows(path: str) -> list[dict]:
    """Read a CSV file with a header line."""
    with open(path, newline="", encoding="utf-8") as f:
        return [row for row in csv.DictReader(f) if any(row.values())]
`, "Empty rows are skipped; a missing file raises an error."},
	{"python", "count counts frequency frequencies", `from collections import Counter

def count_words(text: str) -> dict[str, int]:
    """Count each word, ignoring case."""
    return dict(Counter(text.lower().split()))
`, "It takes O(n) time, and an empty text gives an empty dict."},
	{"go", "limiter limit throttle", `type Limiter struct{ tokens chan struct{} }

func NewLimiter(n int) *Limiter { return &Limiter{make(chan struct{}, n)} }

func (l *Limiter) Do(f func() error) error {
	l.tokens <- struct{}{}
	defer func() { <-l.tokens }()
	return f()
}
`, "At most n calls run concurrently; the others wait."},
	{"go", "reverse reverses reversed", `func Reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}
`, "It works on runes, so that UTF-8 text stays valid."},
	{"go", "worker workers pool concurrent", `func Run(jobs []func(), workers int) {
	var wg sync.WaitGroup
	queue := make(chan func())
	for range workers {
		wg.Go(func() {
			for job := range queue {
				job()
			}
		})
	}
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	wg.Wait()
}
`, "Closing the channel ends the workers."},
	{"javascript", "debounce throttle", `function debounce(fn, wait = 200) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
}
`, "Only the last call within the wait runs."},
	{"sql", "", `SELECT c.name, COUNT(o.id) AS orders, SUM(o.total) AS revenue
FROM customers AS c
JOIN orders AS o ON o.customer_id = c.id
WHERE o.created_at >= DATE '2025-01-01'
GROUP BY c.name
HAVING COUNT(o.id) > 1
ORDER BY revenue DESC;
`, "An index on orders.customer_id keeps the join fast."},
	{"bash", "", `#!/usr/bin/env bash
set -euo pipefail

dir="${1:-.}"
find "$dir" -type f -name '*.log' -print0 |
  while IFS= read -r -d '' file; do
    printf '%s %s\n' "$(wc -l < "$file")" "$file"
  done
`, "Quoting keeps names with spaces intact."},
}

// skeletons are for every other task: they check the input, walk over it and
// return a result. NAME is replaced by the name of the function.
var skeletons = map[string]listing{
	"python": {text: `def NAME(items: list) -> list:
    """Handle each item of the input once."""
    if items is None:
        raise ValueError("items is required")
    result = []
    for item in items:
        if item is not None:
            result.append(item)
    return result
`},
	"go": {text: `func NAME(items []string) ([]string, error) {
	if items == nil {
		return nil, errors.New("items is required")
	}
	var result []string
	for _, item := range items {
		if item != "" {
			result = append(result, item)
		}
	}
	return result, nil
}
`},
	"javascript": {text: `function NAME(items) {
  if (!Array.isArray(items)) {
    throw new TypeError("items must be an array");
  }
  return items.filter((item) => item != null);
}
`},
	"typescript": {text: `function NAME<T>(items: Array<T | null>): T[] {
  if (!Array.isArray(items)) {
    throw new TypeError("items must be an array");
  }
  return items.filter((item): item is T => item !== null);
}
`},
	"java": {text: `static List<String> NAME(List<String> items) {
    Objects.requireNonNull(items, "items is required");
    List<String> result = new ArrayList<>();
    for (String item : items) {
        if (item != null) {
            result.add(item);
        }
    }
    return result;
}
`},
	"rust": {text: `fn NAME(items: &[String]) -> Result<Vec<String>, String> {
    if items.is_empty() {
        return Err("items is required".to_string());
    }
    Ok(items.iter().filter(|s| !s.is_empty()).cloned().collect())
}
`},
	"cpp": {text: `std::vector<std::string> NAME(const std::vector<std::string>& items) {
    std::vector<std::string> result;
    for (const auto& item : items) {
        if (!item.empty()) {
            result.push_back(item);
        }
    }
    return result;
}
`},
}

var (
	codeOpenings = []string{
		"Here is a {lang} solution for {topic}:",
		"The task is {topic}. In {lang}, with a check of the input:",
		"A short {lang} implementation of {topic}:",
	}
	skeletonNotes = []string{
		"It visits each item once, so it takes O(n) time; empty input is handled.",
		"The input is checked first, and the loop runs in O(n) time.",
	}
	languageNames = map[string]string{
		"python": "Python", "go": "Go", "javascript": "JavaScript", "typescript": "TypeScript",
		"java": "Java", "rust": "Rust", "cpp": "C++", "sql": "SQL", "bash": "Bash",
	}
)

// code writes a fenced block with a line before it and, often, one after it.
func (w *writer) code() {
	text, note := w.listing()
	w.say(strings.ReplaceAll(w.pick(codeOpenings), "{lang}", languageNames[w.language]))
	w.b.WriteString("\n\n```" + w.language + "\n" + text + "```")
	if w.good() {
		w.say("\n\n" + note)
	}
}

// listing finds the code for the prompt, and the note on it.
func (w *writer) listing() (text, note string) {
	for _, l := range listings {
		if l.language == w.language && (l.marks == "" || w.mentions(set(l.marks))) {
			return l.text, l.note
		}
	}
	name := w.identifier()
	return strings.ReplaceAll(skeletons[w.language].text, "NAME", joinName(w.language, name)), w.pick(skeletonNotes)
}

// mentions reports whether the prompt asks for one of the marks.
func (w *writer) mentions(marks map[string]bool) bool {
	if marks[w.verb] {
		return true
	}
	for _, word := range w.words {
		if marks[strings.ToLower(word)] {
			return true
		}
	}
	return false
}

// joinName joins the words of a name as is usual in the language.
func joinName(language string, parts []string) string {
	if language == "python" || language == "rust" || language == "cpp" {
		return strings.Join(parts, "_")
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 || language == "go" {
			p = plaintext.Capital(p)
		}
		b.WriteString(p)
	}
	return b.String()
}
