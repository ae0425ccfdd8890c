package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Answers of the measured phase are counted by how they were read, failures as well;
// requests that got none are not.
func TestReadings(t *testing.T) {
	var o observed
	for _, r := range []exchange.Reading{exchange.Batched, exchange.PerStream, exchange.NetHTTP, exchange.Batched} {
		o.read(&exchange.Exchange{Reading: r, FirstByte: 1, Class: exchange.HTTP5xx})
		o.read(&exchange.Exchange{Reading: r, Class: exchange.Connect})
	}
	if want := (result.Readings{PerStream: 1, Batched: 2, NetHTTP: 1}); o.readings != want {
		t.Errorf("%+v, want %+v", o.readings, want)
	}
}
