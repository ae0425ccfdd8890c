package format

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// Spoilt is after a figure that a failed check spoils.
const Spoilt = "†"

// Marked adds the mark to the text of a metric of a cell, if a check spoils it.
func Marked(text string, v result.Validity, metric, cell string) string {
	if _, bad := v.Spoilt(metric, cell); !bad || text == Missing {
		return text
	}
	return text + " " + Spoilt
}

// Doubted marks a figure that a check spoils for the reason given.
func Doubted(text, spoilt string) string {
	if spoilt == "" || text == Missing {
		return text
	}
	return text + " " + Spoilt
}

// Figure prints a quantile or, without a statistic, a rate of a cell, alone and
// without its unit; what is no estimate keeps its mark.
func Figure(m result.Metrics, tag, stat string) string {
	if stat == "" {
		r := m.Rates[tag]
		if r.Value == nil {
			return Missing
		}
		r.Unit = ""
		return WithoutInterval(Rate(r))
	}
	s := m.Stats[tag]
	s.Unit = ""
	if text := Middle(s, stat); !strings.HasPrefix(text, "withheld") {
		return text
	}
	return Missing
}

// Users is a number of them in words.
func Users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return Count(n) + " users"
}

// Failures lists the classes of requests that did not succeed, by name.
func Failures(byClass map[string]int) string {
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(byClass)) {
		if n := byClass[class]; n > 0 && class != "ok" && class != "cut" {
			parts = append(parts, fmt.Sprintf("%s %s", Count(n), plaintext.Line(class)))
		}
	}
	if len(parts) == 0 {
		return Missing
	}
	return strings.Join(parts, ", ")
}
