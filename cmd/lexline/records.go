package main

import (
	"context"
	"time"

	"lexline/internal/call"
	"lexline/internal/record"
	"lexline/internal/twilio"
)

// flushTime is what the last records may take when the gateway stops.
const flushTime = 5 * time.Second

// openRecords opens the store and begins to keep records, if a store is configured.
func (g *gateway) openRecords(ctx context.Context) (err error) {
	if g.store, err = g.openCallStore(ctx); err != nil || g.store == nil {
		return err
	}
	g.records = record.New(record.Config{Store: g.store, Name: g.cfg.storeName(), Gateway: g.node(), Logger: g.log})
	return nil
}

// notes are what this gateway leaves others about a call, in the store. Without a store
// there are none: it remembers by itself.
func (g *gateway) notes() twilio.Notes {
	if g.store == nil {
		return nil
	}
	return g.store
}

// dialled adds to a call's record what became of a target.
func (g *gateway) dialled(d twilio.Dialled) {
	g.records.Dialled(d.Call, record.Dialled{Target: d.Target, Way: g.now().keeping.Ways[d.Target], Outcome: string(d.Outcome), Talked: d.Talked.Milliseconds()})
}

// closeRecords writes the last records and closes the store.
func (g *gateway) closeRecords() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := g.records.Close(ctx); err != nil {
		g.log.Warn("records are missing", "store", g.cfg.storeName(), "err", err)
	}
	if g.store != nil {
		if err := g.store.Close(); err != nil {
			g.log.Warn("store not closed", "store", g.cfg.storeName(), "err", err)
		}
	}
}

// recorded has a call tell its record what becomes of it, and name its recording there.
func (g *gateway) recorded(calls *call.Config, keep record.Keeping, info call.Info) *record.Log {
	kept := g.records.Begin(keep, info)
	if kept == nil {
		return nil
	}
	report := calls.Report
	calls.Report = func(info call.Info, turn call.TurnReport) {
		report(info, turn)
		kept.Turn(turn)
	}
	if g.kept != nil {
		calls.NewRecorder = func(info call.Info) call.Recorder {
			recording := g.kept.Begin(info.ID, time.Now())
			kept.Recording(recording.Name())
			return recording
		}
	}
	return kept
}

// recordMetrics are those of the store.
func recordMetrics() []metric {
	count := func(name, help string, of func(record.Status) int64) metric {
		return total(name, help, func(s statusAnswer) int64 { return of(s.Records) })
	}
	return []metric{
		{"lexline_store_up", "Whether the last write to the store went well; 1 if there is no store.", gauge, nil, func(s statusAnswer, to emit) {
			up := 1.0
			if s.Records.Store != "" && !s.Records.OK {
				up = 0
			}
			to(up)
		}},
		{"lexline_records_waiting", "Records of calls that wait to be written.", gauge, nil, func(s statusAnswer, to emit) { to(float64(s.Records.Waiting)) }},
		count("lexline_records_written_total", "Writes of records, each call having several.", func(r record.Status) int64 { return r.Written }),
		count("lexline_records_failed_total", "Writes of records that were errors; most are tried again.", func(r record.Status) int64 { return r.Failed }),
		count("lexline_records_deleted_total", "Records deleted by this gateway as their time was over.", func(r record.Status) int64 { return r.Deleted }),
	}
}
