package runlog

import (
	"errors"
	"os"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// SamplesName is the file of server metrics in a run's folder.
const SamplesName = "server-metrics.jsonl.zst"

// kindSample is the one kind of records of the file of server metrics.
const kindSample = "sample"

// Writer appends the records of a run. It is safe for concurrent use. Each
// method returns the first error of an earlier write: after a full disk nothing
// more is recorded, and the run must end.
type Writer struct{ log *exchange.Log }

// Create makes the log of a new run; the file must not exist.
func Create(path string) (*Writer, error) {
	log, err := exchange.Create(path)
	if err != nil {
		return nil, err
	}
	return &Writer{log}, nil
}

// Continue opens the log of a run that is resumed.
func Continue(path string) (*Writer, error) {
	log, err := exchange.Resume(path)
	if err != nil {
		return nil, err
	}
	return &Writer{log}, nil
}

// Begin writes what is known before the first request. machine may be nil.
func (w *Writer) Begin(head RunRecord, targets []result.Target, machine *result.Hardware) error {
	err := w.log.Append(KindRun, head)
	for _, t := range targets {
		err = errors.Join(err, w.log.Append(KindTarget, t))
	}
	if machine != nil {
		err = errors.Join(err, w.log.Append(kindHardware, machine))
	}
	return err
}

// Resume writes that a run is resumed.
func (w *Writer) Resume(r ResumeRecord) error { return w.log.Append(KindResume, r) }

// Floor writes what the client itself adds to a latency.
func (w *Writer) Floor(f *result.Floor) error { return w.log.Append(kindFloor, f) }

// Probes writes what the requests before the measurement used.
func (w *Writer) Probes(p ProbesRecord) error { return w.log.Append(kindProbes, p) }

// Cell begins a cell.
func (w *Writer) Cell(c CellRecord) error { return w.log.Append(kindCell, c) }

// Exchange writes one request that has ended. The log owns x from then on.
func (w *Writer) Exchange(x *exchange.Exchange) error { return w.log.Append(exchange.KindExchange, x) }

// Window closes a cell, or one of its blocks.
func (w *Writer) Window(r WindowRecord) error { return w.log.Append(kindWindow, r) }

// Parser writes how the reader of frames compared with a full parser.
func (w *Writer) Parser(p *result.Parser) error { return w.log.Append(kindParser, p) }

// Score writes the score of an answer.
func (w *Writer) Score(s ScoreRecord) error { return w.log.Append(kindScore, s) }

// Answer writes what was found in an answer to an item that can be checked.
func (w *Writer) Answer(a AnswerRecord) error { return w.log.Append(kindAnswer, a) }

// Judgement writes what a judge said of a pair of answers.
func (w *Writer) Judgement(j JudgementRecord) error { return w.log.Append(kindJudgement, j) }

// Reused writes an answer that was not asked for again.
func (w *Writer) Reused(r ReusedRecord) error { return w.log.Append(kindReused, r) }

// End writes how the run ended.
func (w *Writer) End(e EndRecord) error { return w.log.Append(KindEnd, e) }

// Err returns the first error of writing, such as a full disk.
func (w *Writer) Err() error { return w.log.Err() }

// Close writes what is queued and closes the file.
func (w *Writer) Close() error { return w.log.Close() }

// SampleWriter appends looks at servers' own metrics.
type SampleWriter struct{ log *exchange.Log }

// OpenSamples makes the file of server metrics, or continues it.
func OpenSamples(path string) (*SampleWriter, error) {
	open := exchange.Create
	if _, err := os.Stat(path); err == nil {
		open = exchange.Resume
	}
	log, err := open(path)
	if err != nil {
		return nil, err
	}
	return &SampleWriter{log}, nil
}

// Sample writes one look. Close reports what could not be written.
func (w *SampleWriter) Sample(s SampleRecord) error { return w.log.Append(kindSample, s) }

// Close writes what is queued and closes the file.
func (w *SampleWriter) Close() error { return w.log.Close() }
