package item

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/check"
)

var (
	firstNames = []string{"Ada", "Bruno", "Chen", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ivan", "Jana", "Kofi", "Lena", "Milan", "Nadia", "Omar", "Petra", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Viktor", "Wanda", "Xavi", "Yara", "Zoran"}
	lastNames  = []string{"Abel", "Berg", "Costa", "Dietz", "Egger", "Fox", "Grant", "Holm", "Iwata", "Jung", "Kral", "Lopez", "Moser", "Novak", "Orsi", "Pohl", "Reyes", "Sato", "Tran", "Urban", "Vogel", "Weber", "Yilmaz", "Zeman"}
	cities     = []string{"Aarhus", "Basel", "Cork", "Dijon", "Espoo", "Faro", "Ghent", "Haifa", "Izmir", "Jena", "Kyoto", "Leeds", "Malaga", "Nantes", "Oslo", "Porto", "Quito", "Riga", "Seoul", "Turin", "Utrecht", "Vilnius", "Warsaw", "York"}
	goods      = []string{"bolts", "cables", "drills", "filters", "gloves", "hinges", "lamps", "magnets", "nozzles", "pumps", "ropes", "sensors", "tiles", "valves", "wheels"}
	services   = []string{"auth", "billing", "cache", "gateway", "index", "mailer", "orders", "queue", "search", "storage"}
)

// text makes an item whose answer is one text.
func text(prompt, right, wrong string) Item {
	return Item{Prompt: prompt, Answer: right, Wrong: wrong, MaxTokens: 256, Checks: []check.Check{{Type: "exact", Want: []string{right}}}}
}

// order is a row of a table.
type order struct {
	id, person, city, thing string
	amount, price           int
}

func orders(r *rand.Rand, n int) []order {
	ids := r.Perm(900)[:n]
	people := some(r, min(n, len(lastNames)), lastNames)
	rows := make([]order, n)
	for i := range rows {
		rows[i] = order{
			id: fmt.Sprintf("K-%d", 100+ids[i]), person: one(r, firstNames...) + " " + people[i%len(people)],
			city: one(r, cities...), thing: one(r, goods...), amount: between(r, 2, 90), price: between(r, 3, 250),
		}
	}
	return rows
}

func extraction(r *rand.Rand, level int) Item {
	if level%2 == 1 {
		return logLine(r, level)
	}
	rows := orders(r, 4+4*level)
	at := r.IntN(len(rows))
	o := rows[at]
	other := rows[(at+1)%len(rows)]
	var b strings.Builder
	b.WriteString("| order | customer | city | goods | pieces | euros each |\n|---|---|---|---|---|---|\n")
	for _, o := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %d |\n", o.id, o.person, o.city, o.thing, o.amount, o.price)
	}
	table := "Here is a table of orders.\n\n" + b.String() + "\n"
	switch kind := r.IntN(3); {
	case level == 0 && kind == 0:
		return number(table+"How many pieces are in order "+o.id+"? Reply with the number only.", o.amount, o.amount+1, "")
	case level == 0:
		return text(table+"Who placed order "+o.id+"? Reply with the customer's full name only.", o.person, other.person)
	case level == 2 || kind == 0:
		return number(table+"What is order "+o.id+" worth in euros altogether (pieces times euros each)? Reply with the number only.", o.amount*o.price, o.amount+o.price, "")
	}
	// The most expensive order of all: every row must be read.
	best, value := 0, 0
	for i := range rows {
		if v := rows[i].amount * rows[i].price; v > value {
			best, value = i, v
		} else if v == value {
			return extraction(r, level) // two are worth as much: another table
		}
	}
	return text(table+"Which order is worth the most (pieces times euros each)? Reply with the order's number only, as the table has it.", rows[best].id, rows[(best+1)%len(rows)].id)
}

// logLine asks for one value of a log.
func logLine(r *rand.Rand, level int) Item {
	n := 5 + 4*level
	codes := r.Perm(9000)[:n]
	var b strings.Builder
	failed, slowest, slow := map[string]int{}, 0, -1
	lines := make([]string, n)
	millis := r.Perm(4000)[:n]
	names := make([]string, n)
	for i := range lines {
		names[i] = one(r, services...)
		status := "ok"
		if r.IntN(3) == 0 {
			status = "failed"
			failed[names[i]]++
		}
		if millis[i] > slow {
			slow, slowest = millis[i], i
		}
		lines[i] = fmt.Sprintf("2026-0%d-%02d %02d:%02d:%02d service=%s request=r%d status=%s took=%dms", between(r, 1, 9), between(r, 1, 28), between(r, 0, 23), between(r, 0, 59), between(r, 0, 59), names[i], 1000+codes[i], status, millis[i]+20)
		b.WriteString(lines[i] + "\n")
	}
	log := "Here is a log.\n\n" + b.String() + "\n"
	at := r.IntN(n)
	switch r.IntN(3) {
	case 0:
		return number(fmt.Sprintf("%sHow many milliseconds did request r%d take? Reply with the number only.", log, 1000+codes[at]), millis[at]+20, millis[(at+1)%n]+20, "")
	case 1:
		return text(log+"Which request took the longest? Reply with its id only, as the log has it.", fmt.Sprintf("r%d", 1000+codes[slowest]), fmt.Sprintf("r%d", 1000+codes[(slowest+1)%n]))
	}
	name := names[at]
	return number(log+"How many requests of the service "+name+" failed? Reply with the number only.", failed[name], failed[name]+1, "")
}

func sorting(r *rand.Rand, level int) Item {
	n := 5 + 3*level
	switch r.IntN(3) {
	case 0:
		values := make([]int, n)
		for i, at := range r.Perm(2000)[:n] {
			values[i] = at - 500*(level/2)
		}
		sorted := slices.Sorted(slices.Values(values))
		how := "ascending"
		if r.IntN(2) == 0 {
			how = "descending"
			slices.Reverse(sorted)
		}
		return list(fmt.Sprintf("Sort these numbers in %s order: %s.", how, joined(values)), strings.Split(joined(sorted), ", "))
	case 1:
		words := some(r, n, append(append(slices.Clone(cities), goods...), services...))
		for i, w := range words {
			words[i] = strings.ToLower(w)
		}
		sorted := slices.Sorted(slices.Values(words))
		how := "alphabetical"
		if r.IntN(2) == 0 {
			how = "reverse alphabetical"
			slices.Reverse(sorted)
		}
		return list(fmt.Sprintf("Put these words in %s order: %s.", how, strings.Join(words, ", ")), sorted)
	}
	people := some(r, min(n, len(firstNames)), firstNames)
	ages := r.Perm(70)[:len(people)]
	var facts []string
	for i, p := range people {
		facts = append(facts, fmt.Sprintf("%s is %d", p, ages[i]+18))
	}
	at := r.Perm(len(people))
	slices.SortFunc(at, func(a, b int) int { return ages[a] - ages[b] })
	sorted := make([]string, len(at))
	for i, k := range at {
		sorted[i] = people[k]
	}
	how := "youngest to oldest"
	if r.IntN(2) == 0 {
		how = "oldest to youngest"
		slices.Reverse(sorted)
	}
	return list(fmt.Sprintf("%s years old. List the names from %s.", strings.Join(facts, ", "), how), sorted)
}

// list makes an item whose answer is a list on one line.
func list(prompt string, sorted []string) Item {
	swapped := slices.Clone(sorted)
	last := len(swapped) - 1
	swapped[last], swapped[last-1] = swapped[last-1], swapped[last]
	it := text(prompt+" Reply with the list only, on one line, with a comma and a space between the entries.", strings.Join(sorted, ", "), strings.Join(swapped, ", "))
	it.Checks[0].Want = append(it.Checks[0].Want, strings.Join(sorted, ","))
	return it
}

func joined(values []int) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = strconv.Itoa(v)
	}
	return strings.Join(words, ", ")
}

func jsonObject(r *rand.Rand, level int) Item {
	name := one(r, firstNames...) + " " + one(r, lastNames...)
	age, city, active := between(r, 18, 80), one(r, cities...), r.IntN(2) == 0
	facts := fmt.Sprintf("%s is %d years old and lives in %s.", name, age, city)
	type field struct {
		key, about  string
		value, slip any
	}
	fields := []field{
		{"name", "the full name, a string", name, strings.Fields(name)[0]},
		{"age", "a number", age, strconv.Itoa(age)},
		{"city", "a string", city, strings.ToUpper(city)},
	}
	if level >= 1 {
		if active {
			facts += " The account is active."
		} else {
			facts += " The account is closed."
		}
		fields = append(fields, field{"active", "whether the account is active, true or false", active, fmt.Sprint(active)})
	}
	if level >= 2 {
		bought := some(r, between(r, 2, 3), goods)
		facts += " Last year's orders were for " + strings.Join(bought[:len(bought)-1], ", ") + " and " + bought[len(bought)-1] + ", in that order."
		fields = append(fields, field{"orders", "the goods in the order given, a list of strings", bought, bought[:1]})
	}
	if level >= 3 {
		sum := between(r, 100, 9999)
		facts += fmt.Sprintf(" The orders came to %d.%02d euros altogether.", sum, 25)
		fields = append(fields, field{"total", "an object with \"amount\", a number, and \"currency\", the ISO 4217 code", map[string]any{"amount": json.Number(fmt.Sprintf("%d.25", sum)), "currency": "EUR"}, sum})
	}
	if level >= 4 {
		facts += " No telephone number is known."
		fields = append(fields, field{"phone", "a string, or null where it is not known", nil, ""})
	}
	var about, keys []string
	properties, right, wrong := map[string]any{}, map[string]any{}, map[string]any{}
	slip := r.IntN(len(fields))
	for i, f := range fields {
		about = append(about, fmt.Sprintf("- %q: %s", f.key, f.about))
		keys = append(keys, f.key)
		properties[f.key] = map[string]any{"const": f.value}
		right[f.key], wrong[f.key] = f.value, f.value
		if i == slip {
			wrong[f.key] = f.slip
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "required": keys, "additionalProperties": false}
	return Item{
		Prompt: facts + "\n\nWrite that as one JSON object with exactly these fields:\n" + strings.Join(about, "\n") + "\n\nReply with the JSON only, without a code fence.",
		Answer: compact(right), Wrong: compact(wrong), MaxTokens: 256,
		Checks: []check.Check{{Type: "json_schema", Schema: json.RawMessage(compact(schema))}},
	}
}

// compact writes a value as JSON, with its keys in order.
func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only what is made here is written
	}
	return strings.TrimSpace(b.String())
}
