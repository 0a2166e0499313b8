package server

import (
	"context"
	"time"

	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// castRows are the casts of the registry. Their numbers follow from their places, the
// same for all servers of a release; the functions behind them have no names to call.
func castRows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	for i, c := range fn.Casts() {
		method := "f"
		if c.Fn.Relabel {
			method = "b"
		}
		add(decimal(10000+i), decimal(c.Fn.Params[0].Type.OID), decimal(c.Fn.Ret.OID), "0", string("iae"[c.Context]), method)
	}
	return nil
}

// zoneRows are the time zones with what their clocks show now.
func zoneRows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	now := time.Now()
	for _, name := range datetime.ZoneNames() {
		z, err := datetime.LoadZone(name)
		if err != nil {
			return err
		}
		t := now.In(z)
		abbrev, offset := t.Zone()
		add(name, abbrev, intervalOf(time.Duration(offset)*time.Second), truth(t.IsDST()))
	}
	return nil
}
