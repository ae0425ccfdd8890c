package sim

import (
	"strconv"
	"time"
)

// appendTimes adds the times of the request to its last usage, where the server
// gives them, in vLLM's names. As there, they are of one choice only.
func (e *exchange) appendTimes(b []byte) []byte {
	if !e.q.requestTimes || len(e.reply.rest) > 0 {
		return b
	}
	var queue, prefill, decode time.Duration
	if e.job != nil {
		start := e.job.Start()
		queue, prefill, decode = start.Sub(e.arrived), e.first.Sub(start), e.last.Sub(e.first)
	} else {
		// All tokens are here, so the engine has no more to do with it.
		r := &e.request.Request
		queue, prefill, decode = r.Scheduled-r.Queued, r.First-r.Scheduled, r.Last-r.First
	}
	ms := func(name string, d time.Duration) {
		b = append(append(append(b, '"'), name...), `":`...)
		b = strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 3, 64)
		b = append(b, ',')
	}
	b = append(b, `,"metrics":{`...)
	ms("time_to_first_token_ms", prefill)
	ms("generation_time_ms", decode)
	ms("queue_time_ms", queue)
	n := e.reply.length
	if n > 1 {
		ms("mean_itl_ms", decode/time.Duration(n-1))
	} else {
		b = append(b, `"mean_itl_ms":null,`...)
	}
	b = append(b, `"tokens_per_second":`...)
	if d := prefill + decode; d > 0 {
		b = strconv.AppendFloat(b, float64(n)/d.Seconds(), 'f', 3, 64)
	} else {
		b = append(b, "null"...)
	}
	return append(b, '}')
}
