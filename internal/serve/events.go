package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/inferometer/inferometer/internal/runlog/follow"
)

const (
	// eventEvery is how often a stream has an event.
	eventEvery = time.Second
	// reportPatience is how long a stream waits after the end of a run for its report.
	reportPatience = 2 * time.Minute
)

// event is what a live page is told.
type event struct {
	follow.Snapshot
	// Report is where the report is, once there is one; Folder where the run is.
	Report string `json:"report,omitempty"`
	Folder string `json:"folder"`
	// Last says that no event follows; Leaves that the server ends with the run.
	Last   bool `json:"last,omitempty"`
	Leaves bool `json:"leaves,omitempty"`
}

// deadline is when an answer of a size must have been taken.
func deadline(size int64) time.Time {
	return time.Now().Add(writeTimeout + time.Duration(size>>20)*time.Second)
}

// events streams where a run is, once a second, until it has ended and its report is there.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("run")
	folder, ok := s.folder(id)
	if !ok {
		http.Error(w, "there is no such run", http.StatusNotFound)
		return
	}
	view := s.hub.view(id)
	if view == nil {
		w.WriteHeader(http.StatusNoContent) // which a browser takes for the end
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages follow runs", http.StatusServiceUnavailable)
		return
	}
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(eventEvery)
	defer tick.Stop()
	var over time.Time
	for from := 0; ; {
		e := event{Snapshot: view.Snapshot(from), Folder: folder, Leaves: s.OneRun}
		if n := len(e.Points); n > 0 {
			from = e.Points[n-1].S - 1 // the last seconds may still change
		}
		if e.State == follow.Ended || e.State == follow.BrokenOff {
			if over.IsZero() {
				over = time.Now()
			}
			if plainFile(filepath.Join(folder, "report.html")) && plainFile(filepath.Join(folder, "result.json")) && !s.hub.running(id) && !s.OneRun {
				e.Report = s.filesURL(id, "report.html")
			}
			e.Last = e.Report != "" || time.Since(over) > reportPatience
		}
		select {
		case <-r.Context().Done(): // the server ends: this is the last that it says
			e.Last = true
		default:
		}
		b, err := json.Marshal(e)
		if err != nil {
			return
		}
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil {
			return // whoever has asked is gone
		}
		if out.Flush() != nil || e.Last {
			return
		}
		select {
		case <-r.Context().Done():
		case <-tick.C:
		}
	}
}
