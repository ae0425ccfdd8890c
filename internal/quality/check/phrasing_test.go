package check

import (
	"encoding/json"
	"testing"
)

// Usual phrasings of models are read as people read them, and what is near is not right.
func TestPhrasingsAreReadAsPeopleReadThem(t *testing.T) {
	const capitals = `["Paris","Rome","Berlin","Madrid"]`
	for _, test := range []struct{ rule, want, text, verdict string }{
		{"numeric", "42", "The answer is 42. I checked it in 2 steps.", strict},
		{"numeric", "2", "The answer is 42. I checked it in 2 steps.", wrong},
		{"numeric", "42", "**Answer: 42**\n\nStep 1: 6*7", strict},
		{"numeric", "42", "**Answer:** 42 apples\n\n1. There are 6 boxes of 7.", strict},
		{"numeric", "42", "The final answer is therefore **42**, because 6 rows have 7.", strict},
		{"numeric", "42", "The answer to question 2 is 42.", strict},
		{"numeric", "42", "The answer is 6 × 7 = 42. That took 2 steps.", strict},
		{"numeric", "42", "The answer is 42 = 6 × 7.", strict},
		{"numeric", "42", "The answer is 42 (with n = 7).", strict},
		{"numeric", "42", "Answer: 3 boxes with 4 apples and 30 more are 42 apples.", strict},
		{"numeric", "42", "Answer:\nStep 1: 6 boxes.\nStep 2: 6 * 7 = 42", strict},
		{"numeric", "42", "Answer: 41\nAnswer: 42", strict},
		{"numeric", "42", "The answer is 40. Wait, 6 * 7 = 42.", strict},
		{"numeric", "42", "42 (6 × 7)", strict},
		{"numeric", "7", "42 (6 × 7)", wrong},
		{"numeric", "42", "42, since 6 * 7", strict},
		{"numeric", "12", "3 (boxes) × 4 = 12", strict},
		{"numeric", "42", "#### 42\nThe answer is 43.", strict},
		{"numeric", "42", "\\boxed{42} The answer is 43.", strict},
		{"numeric", "42", "#### Step 1\n6 boxes\n#### Step 2: multiply\nThe answer is 42.", strict},
		{"numeric", "42", "#### 1. Multiply\n6 * 7 = 42", strict},
		{"numeric", "42", "#### 42. That took 3 steps.", strict},
		{"numeric", "42", "The answer is 42. They wait 5 minutes.", strict},
		{"numeric", "0.5", "\\frac{1}{2}", strict},
		{"numeric", "0.5", "\\boxed{\\frac{1}{2}}", strict},
		{"numeric", "-0.5", "$-\\dfrac{1}{2}$", strict},
		{"numeric", "2", "\\boxed{\\frac{1}{2}}", wrong},
		{"numeric", "3.5", "The answer is 3\\frac{1}{2}", strict},
		{"numeric", "1234", "1 234", strict},
		{"numeric", "1234", "1\u2009234", strict},
		{"numeric", "1234567.5", "It has 1 234 567.5 parts", strict},
		{"numeric", "234", "1 234", wrong},
		{"numeric", "2345", "1 2345", strict},
		{"numeric", "100", "In 2024 100 came", strict},
		{"numeric", "12 km", "12 kilometers", strict},
		{"numeric", "12 km", "The answer is 12 kilometres.", strict},
		{"numeric", "12 km", "\\boxed{12\\text{ km}}", strict},
		{"numeric", "12 km", "12 meters", wrong},
		{"numeric", "90 km/h", "90 kilometres per hour", strict},
		{"numeric", "90 km/h", "90 kilometres", wrong},
		{"numeric", "5 m²", "5 square metres", strict},
		{"numeric", "40 %", "40 per cent", strict},
		{"numeric", "42", "It is not 42", wrong},
		{"numeric", "42", "The answer is not 42.", wrong},
		{"numeric", "42", "It isn't 42.", wrong},
		{"numeric", "42", "x ≠ 42", wrong},
		{"numeric", "43", "The answer is not 42 but 43.", strict},
		{"numeric", "27", "It is 72, not 27", wrong},
		{"numeric", "42", "42 or 43", wrong},
		{"numeric", "43", "42 or 43", wrong},
		{"numeric", "42", "The answer is 42 or 43.", wrong},
		{"numeric", "43", "#### 42 or 43", wrong},
		{"numeric", "42", "\\boxed{42} or \\boxed{43}", wrong},
		{"numeric", "43", "42 km or 43 km", wrong},
		{"numeric", "0.5", "1/2 or 0.5", strict},
		{"numeric", "0.5", "500 m or 0.5 km", strict},
		{"numeric", "30", "12:30", wrong},
		{"numeric", "5", "2024-01-05", wrong},
		{"numeric", "42", "It took 42 minutes, until 12:30.", strict},
		{"numeric", "1", "Use 3.2.1", wrong},

		{"choice", "B", "The answer is not B.", wrong},
		{"choice", "B", "It is not (B)", wrong},
		{"choice", "B", "B is not the answer.", wrong},
		{"choice", "B", "B is wrong.", wrong},
		{"choice", "C", "The answer is not B but C.", strict},
		{"choice", "A", "It is A, not B.", strict},
		{"choice", "B", "b", strict},
		{"choice", "B", "b)", strict},
		{"choice", "B", "(b)", strict},
		{"choice", "B", "B.", strict},
		{"choice", "B", "**b**", strict},
		{"choice", "A", "b)", wrong},
		{"choice", "B", "x", wrong},
		{"choice", "B", "The answer is b.", strict},
		{"choice", "A", "The answer is a/b of it.", wrong},
		{"choice", "B", "My answer is B because option A is Paris and option C is Berlin", strict},
		{"choice", "C", "My answer is B because option A is Paris and option C is Berlin", wrong},
		{"choice", "B", "The correct answer is B. Answer A is wrong.", strict},

		{"exact", "Paris", "London\nParis", wrong},
		{"exact", "Paris", "Paris\nLondon", wrong},
		{"exact", "Paris", "Paris\nNo, London.", wrong},
		{"exact", "Paris", "The answer is London\nParis", wrong},
		{"exact", "Paris", "Sure, here is the answer:\n\nParis\n\nI hope this helps!", loose},
		{"exact", "Paris", "The answer is\n**Paris**", loose},
		{"exact", "Paris", "```\nParis\n```", loose},
		{"exact", "Paris", "\\boxed{Paris}", loose},
		{"exact", "Paris", "The answer is $\\boxed{\\text{Paris}}$.", loose},
		{"exact", "Paris", "\\boxed{London}", wrong},
		{"exact", "Paris", "\\boxed{London} \\boxed{Paris}", wrong},

		{"contains", "Paris", "It is not Paris", strict},
	} {
		c := Check{Type: test.rule, Want: []string{test.want}}
		if test.rule == "choice" {
			if err := json.Unmarshal([]byte(capitals), &c.Options); err != nil {
				t.Fatal(err)
			}
		}
		o := c.Verify(Answer{Text: test.text})
		got := wrong
		switch {
		case o.Right:
			got = strict
		case o.Loose:
			got = loose
		}
		if got != test.verdict {
			t.Errorf("%s %s: %q is %s (%s), want %s", test.rule, test.want, test.text, got, o.Why, test.verdict)
		}
	}
}
