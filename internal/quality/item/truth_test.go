package item

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The answers of the families, computed a second time from the prompt alone and in
// another way: numbers as rationals out of the text, dates as Julian day numbers, sorting
// by counting who comes before.

func computed(t *testing.T, family, prompt string) string {
	t.Helper()
	switch family {
	case "arithmetic":
		return arithmeticTruth(prompt)
	case "extraction":
		return extractionTruth(prompt)
	case "sorting":
		return sortingTruth(prompt)
	case "dates":
		return datesTruth(prompt)
	case "units":
		return unitsTruth(prompt)
	case "json":
		return jsonTruth(prompt)
	}
	return ""
}

func TestAnswersOfFamiliesAreTrue(t *testing.T) {
	for _, name := range Families() {
		if name == "instructions" {
			continue // whose answers are whatever follows them
		}
		items, err := Make(name, 1600, 11)
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for _, it := range items {
			if got := computed(t, name, it.Prompt); got != it.Answer {
				if bad++; bad < 5 {
					t.Errorf("%s: the answer is %q, and computed again %q:\n%s", it.ID, it.Answer, got, it.Prompt)
				}
			}
		}
	}
}

// all returns the numbers of a text, as rationals.
func all(text string) []*big.Rat {
	var out []*big.Rat
	for _, s := range regexp.MustCompile(`\d+(\.\d+)?`).FindAllString(text, -1) {
		v, _ := new(big.Rat).SetString(s)
		out = append(out, v)
	}
	return out
}

// write writes a rational that has few decimals.
func write(v *big.Rat) string {
	s := v.FloatString(6)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func arithmeticTruth(p string) string {
	n := all(p)
	plus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
	minus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
	switch {
	case strings.Contains(p, "shop"):
		return write(times(minus(times(n[0], n[1]), n[2]), n[3]))
	case strings.Contains(p, "remainder"):
		return new(big.Int).Mod(times(n[0], n[1]).Num(), n[2].Num()).String()
	case strings.Contains(p, "("):
		return write(minus(times(plus(n[0], n[1]), n[2]), n[3]))
	case strings.Contains(p, " + "):
		return write(plus(n[0], n[1]))
	case strings.Contains(p, " - "):
		return write(minus(n[0], n[1]))
	}
	return write(times(n[0], n[1]))
}

func unitsTruth(p string) string {
	n := all(p)
	rat := func(a, b int64) *big.Rat { return big.NewRat(a, b) }
	switch {
	case strings.Contains(p, "hours,"):
		return write(new(big.Rat).Add(new(big.Rat).Add(times(n[0], rat(3600, 1)), times(n[1], rat(60, 1))), n[2]))
	case strings.Contains(p, "metres per second are"):
		return write(times(n[0], rat(1000, 3600)))
	case strings.Contains(p, "kilometres per hour are"):
		return write(times(n[0], rat(3600, 1000)))
	case strings.Contains(p, "KiB"):
		return write(times(n[0], rat(1<<20, 1<<10)))
	case strings.Contains(p, "square"):
		return write(times(n[0], rat(100*100, 1)))
	case strings.Contains(p, "tank"):
		return write(times(times(n[0], n[1]), n[2])) // a cubic decimetre is a litre
	case strings.Contains(p, "megabits"):
		return write(times(times(n[0], n[1]), rat(1, 8)))
	case strings.Contains(p, "car"):
		return write(times(n[0], times(n[2], rat(1, 100_000)))) // 100 km are 100,000 m
	}
	return write(times(n[0], rat(1000, 1)))
}

// julian is the Julian day number of a date of the Gregorian calendar (Fliegel and Van
// Flandern 1968), and civil its inverse.
func julian(y, m, d int) int {
	a := (14 - m) / 12
	y, m = y+4800-a, m+12*a-3
	return d + (153*m+2)/5 + 365*y + y/4 - y/100 + y/400 - 32045
}

func civil(j int) string {
	a := j + 32044
	b := (4*a + 3) / 146097
	c := a - 146097*b/4
	d := (4*c + 3) / 1461
	e := c - 1461*d/4
	m := (5*e + 2) / 153
	return fmt.Sprintf("%04d-%02d-%02d", 100*b+d-4800+m/10, m+3-12*(m/10), e-(153*m+2)/5+1)
}

func datesTruth(p string) string {
	var days []int
	for _, m := range regexp.MustCompile(`(\d{4})-(\d\d)-(\d\d)`).FindAllStringSubmatch(p, -1) {
		y, _ := strconv.Atoi(m[1])
		mo, _ := strconv.Atoi(m[2])
		d, _ := strconv.Atoi(m[3])
		days = append(days, julian(y, mo, d))
	}
	first := func(pattern string) int {
		n, _ := strconv.Atoi(regexp.MustCompile(pattern).FindStringSubmatch(p)[1])
		return n
	}
	switch {
	case strings.Contains(p, "days after"):
		return civil(days[0] + first(`(\d+) days after`))
	case strings.Contains(p, "days before"):
		return civil(days[0] - first(`(\d+) days before`))
	case strings.Contains(p, "How many days"):
		return strconv.Itoa(days[1] - days[0])
	case strings.Contains(p, "working days"):
		// Whole weeks have five working days; the rest one by one.
		n := first(`(\d+) working days later`)
		j := days[0]
		for j%7 > 4 { // Saturday or Sunday: as from Friday
			j--
		}
		for j += n / 5 * 7; n%5 > 0; n-- {
			if j++; j%7 == 5 {
				j += 2
			}
		}
		return civil(j)
	}
	m := regexp.MustCompile(`(\d+) (\w+) (\d{4})`).FindStringSubmatch(p)
	d, _ := strconv.Atoi(m[1])
	y, _ := strconv.Atoi(m[3])
	month := slices.Index(strings.Fields("January February March April May June July August September October November December"), m[2]) + 1
	return strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")[julian(y, month, d)%7]
}

func sortingTruth(p string) string {
	var entries []string
	less := func(a, b string) bool { return a < b }
	list, how, _ := strings.Cut(p, ": ")
	reverse := strings.Contains(list, "descending") || strings.Contains(list, "reverse")
	switch {
	case strings.Contains(p, "years old"):
		ages := map[string]int{}
		for _, m := range regexp.MustCompile(`(\w+) is (\d+)`).FindAllStringSubmatch(p, -1) {
			entries = append(entries, m[1])
			ages[m[1]], _ = strconv.Atoi(m[2])
		}
		less = func(a, b string) bool { return ages[a] < ages[b] }
		reverse = strings.Contains(p, "oldest to youngest")
	default:
		how, _, _ = strings.Cut(how, ". ")
		entries = strings.Split(how, ", ")
		if strings.Contains(list, "numbers") {
			less = func(a, b string) bool {
				x, _ := strconv.Atoi(a)
				y, _ := strconv.Atoi(b)
				return x < y
			}
		}
	}
	out := make([]string, len(entries))
	for _, e := range entries {
		at := 0
		for _, o := range entries {
			if less(o, e) != reverse && o != e {
				at++
			}
		}
		out[at] = e
	}
	return strings.Join(out, ", ")
}

func extractionTruth(p string) string {
	if _, log, ok := strings.Cut(p, "Here is a log.\n\n"); ok {
		log, question, _ := strings.Cut(log, "\n\n")
		lines := strings.Split(log, "\n")
		took := func(line string) int {
			n, _ := strconv.Atoi(regexp.MustCompile(`took=(\d+)ms`).FindStringSubmatch(line)[1])
			return n
		}
		switch {
		case strings.Contains(question, "milliseconds"):
			id := regexp.MustCompile(`request (r\d+)`).FindStringSubmatch(question)[1]
			for _, l := range lines {
				if strings.Contains(l, "request="+id+" ") {
					return strconv.Itoa(took(l))
				}
			}
		case strings.Contains(question, "longest"):
			slices.SortFunc(lines, func(a, b string) int { return took(b) - took(a) })
			return regexp.MustCompile(`request=(r\d+)`).FindStringSubmatch(lines[0])[1]
		}
		name := regexp.MustCompile(`service (\w+)`).FindStringSubmatch(question)[1]
		return strconv.Itoa(strings.Count(strings.Join(slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, "service="+name+" ") }), "\n"), "status=failed"))
	}
	table, question, _ := strings.Cut(strings.TrimPrefix(p, "Here is a table of orders.\n\n"), "\n\n")
	rows := csv.NewReader(strings.NewReader(table))
	rows.Comma = '|'
	cells, err := rows.ReadAll()
	if err != nil {
		return err.Error()
	}
	best, value := "", -1
	id := regexp.MustCompile(`K-\d+`).FindString(question)
	for _, row := range cells[2:] {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		pieces, _ := strconv.Atoi(row[5])
		euros, _ := strconv.Atoi(row[6])
		if row[1] == id {
			switch {
			case strings.Contains(question, "How many pieces"):
				return row[5]
			case strings.Contains(question, "Who"):
				return row[2]
			}
			return strconv.Itoa(pieces * euros)
		}
		if pieces*euros > value {
			best, value = row[1], pieces*euros
		}
	}
	return best
}

func jsonTruth(p string) string {
	find := func(pattern string) string { return regexp.MustCompile(pattern).FindStringSubmatch(p)[1] }
	age, _ := strconv.Atoi(find(`is (\d+) years`))
	out := map[string]any{"name": find(`^(.*?) is `), "age": age, "city": find(`lives in (\w+)\.`)}
	if strings.Contains(p, "The account is") {
		out["active"] = find(`The account is (\w+)`) == "active"
	}
	if strings.Contains(p, "orders were for") {
		out["orders"] = strings.Split(strings.ReplaceAll(find(`were for (.*?), in that order`), " and ", ", "), ", ")
	}
	if strings.Contains(p, "came to") {
		out["total"] = map[string]any{"currency": "EUR", "amount": json.Number(find(`came to ([\d.]+) euros`))}
	}
	if strings.Contains(p, "telephone") {
		out["phone"] = nil
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
