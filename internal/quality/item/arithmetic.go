package item

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// number makes an item whose answer is a whole number.
func number(prompt string, right, wrong int, unit string) Item {
	return Item{
		Prompt: prompt,
		Answer: strconv.Itoa(right) + unit, Wrong: strconv.Itoa(wrong) + unit, MaxTokens: 512,
		Checks: []check.Check{{Type: "numeric", Want: []string{strconv.Itoa(right) + unit}}},
	}
}

func arithmetic(r *rand.Rand, level int) Item {
	const only = " Reply with the number only."
	off := one(r, -10, -1, 1, 10) // a slip of one digit
	switch level {
	case 0:
		a, b := between(r, 100, 999), between(r, 100, 999)
		if r.IntN(2) == 0 {
			return number(fmt.Sprintf("What is %d + %d?%s", a, b, only), a+b, a+b+off, "")
		}
		return number(fmt.Sprintf("What is %d - %d?%s", a, b, only), a-b, a-b+off, "")
	case 1:
		a, b := between(r, 12, 99), between(r, 12, 99)
		return number(fmt.Sprintf("What is %d * %d?%s", a, b, only), a*b, a*b+off, "")
	case 2:
		a, b, c, d := between(r, 11, 99), between(r, 11, 99), between(r, 3, 19), between(r, 100, 999)
		return number(fmt.Sprintf("What is (%d + %d) * %d - %d?%s", a, b, c, d, only), (a+b)*c-d, (a+b)*c-d+off, "")
	case 3:
		boxes, each, sold, price := between(r, 6, 40), between(r, 8, 36), between(r, 5, 40), between(r, 2, 9)
		thing := one(r, "pencils", "apples", "candles", "stamps", "mugs")
		left := boxes*each - sold
		return number(fmt.Sprintf("A shop buys %d boxes with %d %s in each. %d %s are broken and thrown away. The rest is sold for %d euros apiece. How many euros does the shop take? End with a line that has #### and the number only.",
			boxes, each, thing, sold, thing, price), left*price, boxes*each*price-sold, "")
	}
	a, b, m := between(r, 123, 987), between(r, 123, 987), between(r, 7, 97)
	if r.IntN(2) == 0 {
		return number(fmt.Sprintf("What is %d * %d?%s", a, b, only), a*b, a*b+100*off, "")
	}
	return number(fmt.Sprintf("What is the remainder when %d * %d is divided by %d?%s", a, b, m, only), a*b%m, (a*b+1)%m, "")
}
