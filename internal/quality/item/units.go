package item

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// decimal makes an item whose answer is a number with at most two decimals, given in
// hundredths.
func decimal(prompt string, right, wrong int) Item {
	write := func(v int) string { return strconv.FormatFloat(float64(v)/100, 'f', -1, 64) }
	it := number(prompt, 0, 0, "")
	it.Answer, it.Wrong = write(right), write(wrong)
	it.Checks = []check.Check{{Type: "numeric", Want: []string{write(right)}}}
	return it
}

func units(r *rand.Rand, level int) Item {
	const only = " Reply with the number only."
	switch level {
	case 0: // a power of ten
		u := one(r, [2]string{"kilometres", "metres"}, [2]string{"kilograms", "grams"}, [2]string{"litres", "millilitres"}, [2]string{"seconds", "milliseconds"})
		n := between(r, 11, 9999) // tenths
		return number(fmt.Sprintf("How many %s are %d.%d %s?%s", u[1], n/10, n%10, u[0], only), n*100, n*1000, "")
	case 1: // hours, minutes, seconds
		h, m, s := between(r, 1, 23), between(r, 1, 59), between(r, 1, 59)
		return number(fmt.Sprintf("How many seconds are %d hours, %d minutes and %d seconds?%s", h, m, s, only), h*3600+m*60+s, h*3600+m*60+s+60, "")
	case 2: // speed; a multiple of 18 km/h is a whole number of m/s
		if r.IntN(2) == 0 {
			n := between(r, 2, 300)
			return number(fmt.Sprintf("How many metres per second are %d kilometres per hour?%s", n*18, only), n*5, n*18, "")
		}
		n := between(r, 11, 999) // tenths of m/s
		return decimal(fmt.Sprintf("How many kilometres per hour are %d.%d metres per second? Reply with the number only, with all its decimals.", n/10, n%10), n*36, n*36+360)
	case 3: // binary sizes, areas and volumes
		switch r.IntN(3) {
		case 0:
			n := between(r, 2, 2000)
			return number(fmt.Sprintf("How many KiB are %d MiB?%s", n, only), n*1024, n*1000, "")
		case 1:
			n := between(r, 11, 9999)
			return number(fmt.Sprintf("How many square centimetres are %d.%d square metres?%s", n/10, n%10, only), n*1000, n*10, "")
		}
		a, b, c := between(r, 2, 30), between(r, 2, 30), between(r, 2, 30)
		return number(fmt.Sprintf("A tank is %d dm long, %d dm wide and %d dm high inside. How many litres does it hold?%s", a, b, c, only), a*b*c, a*b*c+10, "")
	}
	// Two units at once: a rate, a size and a time.
	mb, seconds := between(r, 2, 120), between(r, 11, 600)
	if r.IntN(2) == 0 {
		return number(fmt.Sprintf("A link carries %d megabits per second. How many megabytes does it carry in %d seconds? A byte has 8 bits.%s", mb*8, seconds, only), mb*seconds, mb*8*seconds, "")
	}
	litres, km := between(r, 41, 99), between(r, 2, 90) // tenths of litres to 100 km; tens of km
	return decimal(fmt.Sprintf("A car uses %d.%d litres for 100 kilometres. How many litres does it use for %d metres? Reply with the number only, with all its decimals.", litres/10, litres%10, km*10_000), litres*km, litres*km*10)
}
