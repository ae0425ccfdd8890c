package table

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// rowsOfGroup bounds what is held in memory: a group is written when it is full.
const rowsOfGroup = 50_000

// Parquet writes the table of requests as a Parquet file. Its columns are those of
// Requests, in the order of their names, all of them optional.
func Parquet(run *export.Run, w io.Writer) error {
	all := columns()
	group := parquet.Group{}
	for _, c := range all {
		var node parquet.Node
		switch c.kind {
		case text:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		case integer:
			node = parquet.Int(64)
		default:
			node = parquet.Leaf(parquet.DoubleType)
		}
		group[c.name] = parquet.Compressed(parquet.Optional(node), &zstd.Codec{})
	}
	schema := parquet.NewSchema("request", group)
	place := map[string]int{}
	for i, path := range schema.Columns() {
		place[path[0]] = i
	}
	out := parquet.NewGenericWriter[any](w, schema, parquet.MaxRowsPerRowGroup(rowsOfGroup),
		parquet.CreatedBy("inferometer", run.Result.Run.Version, ""), parquet.KeyValueMetadata("inferometer.run", run.Result.Run.ID))
	row := make(parquet.Row, len(all))
	err := run.Requests(func(l *runlog.Cell, c *result.Cell, x *exchange.Exchange) error {
		for _, k := range all {
			i := place[k.name]
			switch v := k.of(l, c, x).(type) {
			case string:
				row[i] = parquet.ValueOf(plaintext.Line(v)).Level(0, 1, i)
			case nil:
				row[i] = parquet.NullValue().Level(0, 0, i)
			default:
				row[i] = parquet.ValueOf(v).Level(0, 1, i)
			}
		}
		_, err := out.WriteRows([]parquet.Row{row})
		return err
	})
	if err != nil {
		return err
	}
	return out.Close()
}
