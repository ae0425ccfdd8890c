//go:build !linux

package loadgen

import "github.com/inferometer/inferometer/internal/exchange"

func newPacer(clock *exchange.Clock, _ bool) (pacer, error) { return timerPacer{clock}, nil }
