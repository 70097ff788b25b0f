package main

import (
	"context"
	"fmt"
	"time"

	"lexline/internal/call"
	"lexline/internal/record"
)

// settings are what calls that begin now are run with. They are made of a configuration
// when the gateway starts, and made anew when it is reloaded; none is ever changed, and a
// call keeps those that it began with.
type settings struct {
	g   *gateway
	cfg config

	// By name of the line.
	sounds    map[string]call.Sounds
	words     map[string]call.Words // where Twilio speaks
	handovers map[string]call.Handover
	keeping   record.Keeping
}

// newSettings makes the settings of a configuration that was checked. It reads the files
// of sounds and exports, and asks nobody.
func (g *gateway) newSettings(cfg config) (*settings, error) {
	s := &settings{g: g, cfg: cfg}
	if err := s.findSounds(); err != nil {
		return nil, err
	}
	if err := s.findHandovers(); err != nil {
		return nil, err
	}
	return s, s.findKeeping()
}

// findSounds reads what the callers of each line hear when its bot is late: sounds, or
// words where Twilio speaks.
func (s *settings) findSounds() error {
	sets, err := loadSounds(s.cfg.Sounds)
	if err != nil {
		return err
	}
	s.sounds, s.words = map[string]call.Sounds{}, map[string]call.Words{}
	for _, line := range s.cfg.Lines {
		var foreign bool
		if line.Mode == modeUpdate {
			s.words[line.Name], foreign = wordsFor(line.Locale, sets)
		} else {
			s.sounds[line.Name], foreign = soundsFor(line.Locale, sets)
		}
		if foreign {
			s.g.log.Warn("callers hear some words in English", "line", line.Name, "locale", line.Locale, "key", "sounds")
		}
	}
	return nil
}

// findHandovers prepares what the calls of each line are told of hand-overs.
func (s *settings) findHandovers() error {
	s.handovers = map[string]call.Handover{}
	for i, line := range s.cfg.Lines {
		h, err := s.cfg.handover(line)
		if err != nil {
			return fmt.Errorf("lines[%d].%w", i, err)
		}
		s.handovers[line.Name] = h
	}
	return nil
}

// findKeeping prepares what is kept of calls, if anything is.
func (s *settings) findKeeping() error {
	if s.cfg.storeName() == "" {
		return nil
	}
	masked, err := s.cfg.maskedSlots()
	if err != nil {
		return fmt.Errorf("find what must not be in records: %w", err)
	}
	r := s.cfg.Records
	s.keeping = record.Keeping{
		Retention: time.Duration(s.cfg.Store.Retention), NumberKey: s.cfg.numberKey(),
		Transcripts: r.Transcripts, FullNumbers: r.Numbers, Masked: masked, EndsOnly: !r.Progress, Ways: s.cfg.ways(),
	}
	if r.Transcripts {
		s.g.log.Warn("records have what callers say", "store", s.cfg.storeName(), "key", "records.transcripts")
	}
	return nil
}

// calls is how a call of a line is run.
func (s *settings) calls(line string) call.Config {
	c, set := s.g.calls, s.cfg.Call
	c.Hearing = set.hearing()
	c.NoInput, c.MaxSilent, c.MaxTime = set.NoInput.duration(0), set.MaxSilent, set.MaxTime.duration(0)
	c.KeyTimeout, c.KeyEnd = set.KeyTimeout, set.KeyEnd[0]
	c.MaxFailures = set.MaxFailures
	c.GiveUp = s.cfg.turnLeft() + turnGrace
	c.FillerAfter, c.FillerEvery = set.FillerAfter, set.FillerEvery
	c.Sounds, c.Words, c.Handover = s.sounds[line], s.words[line], s.handovers[line]
	return c
}

// answer runs one call whose stream the door has accepted.
func (s *settings) answer(ctx context.Context, leg call.Leg, info call.Info) (end call.Termination) {
	g := s.g
	end = call.Termination{Result: call.ServerFault, Reason: call.Panicked} // unless it returns
	calls := s.calls(info.Line)
	kept := g.recorded(&calls, s.keeping, info)
	defer func() {
		g.ends.add(end)
		kept.End(end)
	}()
	session := g.botOf(info.Line).client.Session(info)
	session.Limit(s.cfg.Failover.AttemptTime, s.cfg.turnLeft())
	defer session.Leave()
	c := call.New(calls, info, leg, session)
	defer g.live.enter(&liveCall{info: info, began: time.Now(), progress: c.Progress(), region: session.Region, leg: leg})()
	return c.Run(ctx)
}
