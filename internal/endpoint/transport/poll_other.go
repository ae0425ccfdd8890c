//go:build !(linux && (amd64 || arm64))

package transport

import (
	"errors"

	"github.com/inferometer/inferometer/internal/endpoint/lag"
)

// poller reads many links in batches where the system has what that needs, which this
// one has not: without the kernel's receive times a read must not be late.
type poller struct {
	lag lag.Counts
}

const havePollers = false

func (p *poller) add(*Conn) (*link, error) { return nil, errors.ErrUnsupported }
func (p *poller) leave(*link)              {}
func (p *poller) close(*link)              {}
func (p *poller) shutdown()                {}

func (l *link) sendWaiting([]byte) error { return errors.ErrUnsupported }
