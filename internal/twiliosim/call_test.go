package twiliosim

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lexline/internal/audio"
)

const connectTwiML = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect action="/resume"><Stream url="wss://voice.example.com/stream/abc"><Parameter name="token" value="abc"/></Stream></Connect>
  <Say>unreachable</Say>
</Response>`

// orderTaker greets for half a second, waits for the caller's key, says goodbye
// for half a second and closes the stream.
func orderTaker(p *peer) {
	p.until(event("start"))
	p.play(tone(25, 300))
	p.mark("greeting")
	p.until(marked("greeting"))
	p.until(event("dtmf"))
	p.play(tone(25, 300))
	p.mark("goodbye")
	p.until(marked("goodbye"))
}

func TestCall(t *testing.T) {
	var app *peer
	twiml := map[string]string{"/twiml": connectTwiML, "/resume": "<Response><Hangup/></Response>"}
	cfg := Config{
		From: "+15550100001", To: "+15550100002", Synthesize: buzz,
		Script: script(t, "wait", `say "two words"`, "press 5", "expect-end"),
	}
	inBubble(t, func(t *testing.T) *gateway {
		return newGateway(t, twiml, func(p *peer) { app = p; orderTaker(p) })
	}, cfg, func(t *testing.T, g *gateway, r *Record) {
		if !r.OK() || r.Reason != EndFar {
			t.Errorf("the call ended with %q, %q: %s", r.Result, r.Reason, r.Text)
		}
		if diff := cmp.Diff([]string{"POST /twiml", "GET /stream/abc", "POST /resume"}, g.paths()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		want := []string{
			"call", "twiml", "verb Connect", "stream Connect opened",
			"heard_start stream", "mark heard greeting", "heard_end stream",
			"speech_start two words", "speech_end two words", "press 5",
			"heard_start stream", "mark heard goodbye", "heard_end stream",
			"stream Connect closed", "twiml", "verb Hangup", "end the other side hung up",
		}
		if diff := cmp.Diff(want, events(r)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if start := app.got[1].Start; start.Call != r.Call || start.Account != r.Account || start.Parameters["token"] != "abc" {
			t.Errorf("start names call %q, account %q and parameters %v", start.Call, start.Account, start.Parameters)
		}
		checkWords(t, app.caller(), tone(10, 400))
	})
}

// checkWords fails unless words, and else silence, is what the caller said.
func checkWords(t *testing.T, caller, words []byte) {
	t.Helper()
	at := bytes.Index(caller, words)
	if at < 0 {
		t.Fatal("the caller's words did not arrive")
	}
	rest := slices.Concat(caller[:at], caller[at+len(words):])
	if i := slices.IndexFunc(rest, func(b byte) bool { return b != audio.MuLawSilence }); i >= 0 {
		t.Errorf("besides the words there is sound at byte %d", i)
	}
}

// TestPace counts frames: a call of ten seconds brings fifty a second, each
// numbered and timed, however the carrier's clock jitters.
func TestPace(t *testing.T) {
	for _, jitter := range []time.Duration{0, 19 * time.Millisecond} {
		var app *peer
		stream := func(p *peer) { app = p; p.until(event("stop")) }
		inBubble(t, serving(connecting, stream), Config{Script: script(t, "pause 10s"), Jitter: jitter}, func(t *testing.T, _ *gateway, r *Record) {
			synctest.Wait()
			if n := app.media(); n < 499 || n > 500 {
				t.Errorf("with jitter %v, %d frames arrived in ten seconds, want 500", jitter, n)
			}
			checkWords(t, app.caller(), nil)
			if last := app.got[len(app.got)-1]; last.Event != "stop" {
				t.Errorf("the last message is %q, want stop", last.Event)
			}
			if r.LateMS > jitter.Milliseconds() {
				t.Errorf("a frame was %d ms late", r.LateMS)
			}
		})
	}
}

// TestMarkReturnsWhenHeard counts the caller's frames between the sound and its
// mark: they are the application's only clock.
func TestMarkReturnsWhenHeard(t *testing.T) {
	var after []int
	stream := func(p *peer) {
		p.frames(5)
		from := p.media()
		for i, name := range []string{"a", "b", "c"} {
			p.play(tone(10*(i+1), 300))
			p.mark(name)
		}
		for _, name := range []string{"a", "b", "c"} {
			p.until(marked(name))
			after = append(after, p.media()-from)
		}
	}
	inBubble(t, serving(connecting, stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, _ *gateway, r *Record) {
		if diff := cmp.Diff([]int{10, 30, 60}, after); diff != "" {
			t.Errorf("marks behind 200, 600 and 1200 ms returned after these frames (-want +got):\n%s", diff)
		}
	})
}

func TestInterruptAndClear(t *testing.T) {
	stream := func(p *peer) {
		p.until(event("start"))
		for _, name := range []string{"a", "b", "c"} {
			p.play(tone(50, 300)) // a second
			p.mark(name)
		}
		p.until(func(m fromPhone) bool { return m.Event == "media" && !strings.HasPrefix(m.Media.Payload, "////////") })
		p.clear()
		p.until(marked("c"))
		p.frames(50)
		p.play(tone(10, 300))
		p.until(event("stop"))
	}
	cfg := Config{Synthesize: buzz, Script: script(t, "interrupt 1500ms", `say "stop"`, "wait")}
	inBubble(t, serving(connecting, stream), cfg, func(t *testing.T, _ *gateway, r *Record) {
		want := []string{
			"heard_start stream", "mark heard a", "speech_start stop", "heard_end stream", "clear",
			"mark flushed b", "mark flushed c", "speech_end stop", "heard_start stream", "heard_end stream",
			"end the caller hung up at the end of the script",
		}
		got := events(r, "heard_start", "heard_end", "mark", "clear", "speech_start", "speech_end", "fault", "end")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		i := slices.IndexFunc(r.Events, func(e Event) bool { return e.Event == "clear" })
		cleared := r.Events[i]
		if cleared.TookMS < 1400 || cleared.TookMS > 1500 {
			t.Errorf("the clear threw %d ms away, want what was left of 3000 after 1500 and a bit", cleared.TookMS)
		}
		for _, e := range r.Events[i:] {
			if e.Event == "heard_start" {
				checkWords(t, r.heard[cleared.AtMS*8:e.AtMS*8], nil)
			}
		}
	})
}

// TestRecordIsAligned holds both channels of the WAV file against the times of the
// events: whatever is heard or said is there, and nowhere else.
func TestRecordIsAligned(t *testing.T) {
	twiml := `<Pause length="1"/><Say>one two</Say>` + connecting
	stream := func(p *peer) {
		p.until(event("start"))
		p.play(tone(10, 300))
		p.until(event("dtmf"))
	}
	cfg := Config{Synthesize: buzz, Script: script(t, "wait", `say "a b c"`, "pause 1s", "press 1", "expect-end")}
	inBubble(t, serving(twiml, stream), cfg, func(t *testing.T, _ *gateway, r *Record) {
		if r.Frames*audio.FrameSamples != len(r.caller) || len(r.caller) != len(r.heard) {
			t.Fatalf("%d frames, %d bytes of the caller and %d heard", r.Frames, len(r.caller), len(r.heard))
		}
		var wav bytes.Buffer
		if err := r.WriteWAV(&wav); err != nil {
			t.Fatal(err)
		}
		if want := 44 + 4*len(r.caller); wav.Len() != want || wav.Bytes()[22] != 2 {
			t.Errorf("the WAV file has %d bytes and %d channels, want %d and 2", wav.Len(), wav.Bytes()[22], want)
		}
		left, right := make([]bool, r.Frames), make([]bool, r.Frames) // frames with sound, by the events
		from := map[string]int{}
		for _, e := range r.Events {
			frame := int(e.AtMS / 20)
			name, edge, _ := strings.Cut(e.Event, "_")
			side := left
			if name == "heard" {
				side = right
			}
			switch edge {
			case "start":
				from[name] = frame
			case "end":
				if name == "speech" {
					frame++ // its time is that of the last frame, not of its end
				}
				for n := from[name]; n < frame; n++ {
					side[n] = true
				}
			}
			if at := r.Started.Add(time.Duration(e.AtMS) * time.Millisecond); edge != "" && e.Time.Sub(at).Abs() > time.Millisecond {
				t.Errorf("%s is at %d ms of the file but %v of the call", e.Event, e.AtMS, e.Time.Sub(r.Started))
			}
		}
		for n := range r.Frames {
			of := func(channel []byte) bool {
				return audio.PowerMuLaw(channel[n*audio.FrameSamples:(n+1)*audio.FrameSamples]) > 0
			}
			if of(r.caller) != left[n] || of(r.heard) != right[n] {
				t.Fatalf("frame %d: sound left %v and right %v, by the events %v and %v", n, of(r.caller), of(r.heard), left[n], right[n])
			}
		}
		if want := []string{"heard_start say", "heard_end say", "heard_start stream", "heard_end stream"}; !slices.Equal(events(r, "heard_start", "heard_end"), want) {
			t.Errorf("heard %v, want %v", events(r, "heard_start", "heard_end"), want)
		}
	})
}

func TestAfterTheStream(t *testing.T) {
	crash := func(p *peer) { p.frames(10); _ = p.conn.CloseNow() }
	closing := func(code int) func(p *peer) {
		return func(p *peer) { p.frames(10); _ = p.conn.Close(websocketCode(code), "because") }
	}
	for _, test := range []struct {
		name         string
		stream       func(*peer)
		crashHangsUp bool
		want         []string
	}{
		{"regular close", closing(1000), true, []string{"verb Connect", "say bye", "end the other side hung up"}},
		{"close for a restart", closing(1001), true, []string{"verb Connect", "say bye", "end the other side hung up"}},
		{
			"close for a breach", closing(1008), true,
			[]string{"verb Connect", `fault the server closed the websocket with code 1008 "because"`, "say bye", "end the other side hung up"},
		},
		{"crash, and on", crash, false, []string{"verb Connect", "fault the websocket ended without a close", "say bye", "end the other side hung up"}},
		{"crash, and hang up", crash, true, []string{"verb Connect", "fault the websocket ended without a close", "end the websocket broke, and the carrier hung up"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{Script: script(t, "expect-end"), CrashHangsUp: test.crashHangsUp}
			inBubble(t, serving(connecting+"<Say>bye</Say>", test.stream), cfg, func(t *testing.T, _ *gateway, r *Record) {
				got := events(r, "verb", "say", "fault", "end")
				for i, text := range got {
					got[i], _, _ = strings.Cut(text, ": ") // without the library's words
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestBadMessages breaks the rules on an open stream. The call goes on, and each
// breach is a fault with Twilio's number.
func TestBadMessages(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(p *peer)
		want string
	}{
		{"malformed JSON", func(p *peer) { p.send("{") }, "31951: the message is not a JSON object"},
		{"unknown event", func(p *peer) { p.send(`{"event":"stop","streamSid":%q}`, p.sid) }, `31951: event "stop" is none of`},
		{"another stream", func(p *peer) { p.send(`{"event":"clear","streamSid":"MZ1"}`) }, `31951: streamSid "MZ1"`},
		{"wrong base64", func(p *peer) { p.send(`{"event":"media","streamSid":%q,"media":{"payload":"?"}}`, p.sid) }, "31951: payload of media is not base64"},
		{"binary", func(p *peer) { _ = p.conn.Write(p.ctx, 2, []byte{1, 2, 3}) }, "31950: the application sent a binary message of 3 bytes"},
		{"more than can be buffered", func(p *peer) {
			for range 11 { // minutes
				p.play(make([]byte, 60*audio.SampleRate))
			}
			p.clear()
		}, "31930: more audio than 10m0s is waiting"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := func(p *peer) {
				p.until(event("start"))
				test.send(p)
				p.play(tone(10, 300))
				p.mark("still here")
				p.until(marked("still here"))
			}
			inBubble(t, serving(connecting, stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, _ *gateway, r *Record) {
				if got := firstFault(r); !strings.HasPrefix(got, test.want) {
					t.Errorf("the fault is %q, want %q", got, test.want)
				}
				if r.OK() || r.Faults != 1 || r.Reason != EndFar {
					t.Errorf("the call ended with %q, %q and %d faults", r.Result, r.Reason, r.Faults)
				}
				if got := events(r, "mark"); !slices.Equal(got, []string{"mark heard still here"}) {
					t.Errorf("behind the fault the marks are %v", got)
				}
			})
		})
	}
}

func TestMessageTooLong(t *testing.T) {
	stream := func(p *peer) {
		p.until(event("start"))
		p.play(make([]byte, maxMessage))
		p.until(event("never"))
	}
	inBubble(t, serving(connecting, stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, _ *gateway, r *Record) {
		if got := firstFault(r); !strings.HasPrefix(got, "31924: ") {
			t.Errorf("the fault is %q, want 31924", got)
		}
	})
}

// TestFaultsAreCounted floods the phone with faults: all count, few are kept.
func TestFaultsAreCounted(t *testing.T) {
	stream := func(p *peer) {
		p.until(event("start"))
		for range 200 {
			p.send("{}")
		}
		p.mark("all")
		p.until(marked("all"))
	}
	inBubble(t, serving(connecting, stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, _ *gateway, r *Record) {
		if kept := len(events(r, "fault")); r.Faults != 200 || kept != maxFaultEvents {
			t.Errorf("of 200 faults %d count and %d are kept, want all and %d", r.Faults, kept, maxFaultEvents)
		}
	})
}

// TestSlowReader does not read for a while: frames are lost and counted, the
// clock of the call does not care, and what arrives later is in order.
func TestSlowReader(t *testing.T) {
	var app *peer
	stream := func(p *peer) {
		app = p
		p.frames(10)
		<-time.After(9 * time.Second) // the phone queues 384 frames, 7.7 s
		p.until(event("stop"))
	}
	inBubble(t, serving(connecting, stream), Config{Script: script(t, "pause 12s")}, func(t *testing.T, _ *gateway, r *Record) {
		synctest.Wait()
		lost := 0
		for _, e := range r.Events {
			if e.Code == codeStreamOverflow {
				lost++
			}
		}
		if lost == 0 || r.Faults < 50 || r.Faults > 70 {
			t.Errorf("%d frames were lost, want about 1.3 s of them", r.Faults)
		}
		if r.Frames < 598 || app.media()+r.Faults < 598 {
			t.Errorf("the call has %d frames, of which %d arrived and %d were lost", r.Frames, app.media(), r.Faults)
		}
	})
}

// TestMarksNobodyReads asks for more marks than the phone queues, and reads none.
func TestMarksNobodyReads(t *testing.T) {
	stream := func(p *peer) {
		p.until(event("start"))
		for range socketQueue + 100 {
			p.mark("m")
		}
		p.until(event("never"))
	}
	inBubble(t, serving(connecting, stream), Config{Script: script(t, "expect-end")}, func(t *testing.T, _ *gateway, r *Record) {
		got := firstFault(r)
		if !strings.HasPrefix(got, "31930: the application does not read") || r.OK() || r.Reason != EndFar {
			t.Errorf("the fault is %q, and the call ended with %s: %s", got, r.Reason, r.Text)
		}
		if r.Frames > 50 {
			t.Errorf("the connection was kept for %d frames", r.Frames)
		}
	})
}

func TestOneWayStream(t *testing.T) {
	var app *peer
	stream := func(p *peer) {
		app = p
		p.until(event("start"))
		p.clear()
		p.until(event("stop"))
	}
	twiml := `<Start><Stream name="spy" url="wss://voice.example.com/s" track="both_tracks"/></Start><Pause length="1"/><Say>one two</Say><Stop><Stream name="spy"/></Stop><Pause length="1"/>`
	cfg := Config{Synthesize: buzz, Script: script(t, "press 1", `say "a b c"`, "expect-end")}
	inBubble(t, serving(twiml, stream), cfg, func(t *testing.T, _ *gateway, r *Record) {
		tracks := map[string][]byte{}
		for _, m := range app.got {
			if m.Event == "dtmf" {
				t.Error("a one-way stream was sent a key")
			}
			if m.Event == "media" {
				tracks[m.Media.Track] = append(tracks[m.Media.Track], payload(t, m)...)
			}
		}
		checkWords(t, tracks["inbound"], tone(15, 400))
		checkWords(t, tracks["outbound"], tone(10, 400))
		want := []string{"stream Start opened", "fault the application sent a message on a one-way stream", "stream Start closed"}
		got := events(r, "stream", "fault")
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], ":")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestWithoutSynthesizer lets the words of a Say take their time in silence.
func TestWithoutSynthesizer(t *testing.T) {
	words := "this takes about three seconds to say aloud."
	failing := func(context.Context, string, string) (audio.Clip, error) { return audio.Clip{}, os.ErrNotExist }
	for _, synthesize := range []Synthesize{nil, failing} {
		inBubble(t, serving("<Say>"+words+"</Say>", nil), Config{Script: script(t, "expect-end"), Synthesize: synthesize}, func(t *testing.T, _ *gateway, r *Record) {
			if seconds := float64(r.Frames) / 50; !r.OK() || seconds < 2.8 || seconds > 3.5 {
				t.Errorf("%d characters took %.1f s, and the call ended with %s: %s", len(words), seconds, r.Result, r.Text)
			}
		})
	}
}

func TestHowCallsEnd(t *testing.T) {
	quiet := func(p *peer) { p.until(event("stop")) }
	for _, test := range []struct {
		name, twiml, script string
		result, reason      string
		text                string
	}{
		{"the caller hangs up", connecting, "pause 1s\nhangup", ResultOK, EndScript, "the caller hung up"},
		{"the other side hangs up", "<Hangup/>", "expect-end", ResultOK, EndFar, "the other side hung up"},
		{"too soon", "<Hangup/>", "wait", ResultFault, EndFar, "test:1: wait: the other side ended the call before that"},
		{"rejected", `<Reject reason="busy"/>`, "expect-end", ResultOK, EndRejected, "the other side rejected the call"},
		{"rejected against expectation", `<Reject/>`, "wait", ResultFault, EndRejected, "test:1: wait: "},
		{"the bot says nothing", connecting, "wait 2s", ResultFault, EndScriptFail, "test:1: wait: the bot did not say anything after 2s"},
		{"it takes too long", connecting, "pause 10m", ResultFault, EndTimeout, "the call was still up after 5m0s"},
		{"round in circles", `<Redirect>/twiml</Redirect>`, "expect-end", ResultFault, EndDocument, "an application error"},
		{"unknown verb", `<Shout>hey</Shout>`, "expect-end", ResultFault, EndDocument, "an application error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{Script: script(t, strings.Split(test.script, "\n")...)}
			inBubble(t, serving(test.twiml, quiet), cfg, func(t *testing.T, _ *gateway, r *Record) {
				if r.Result != test.result || r.Reason != test.reason || !strings.HasPrefix(r.Text, test.text) {
					t.Errorf("the call ended with %s, %s: %s; want %s, %s: %s", r.Result, r.Reason, r.Text, test.result, test.reason, test.text)
				}
				if last := r.Events[len(r.Events)-1]; last.Event != "end" || last.Result != r.Result || last.Reason != r.Reason {
					t.Errorf("the last event is %+v", last)
				}
			})
		})
	}
}

func TestInterruptedCall(t *testing.T) {
	var app *peer
	stream := func(p *peer) { app = p; p.until(event("stop")) }
	synctest.Test(t, func(t *testing.T) {
		g := serving(connecting, stream)(t)
		defer g.close()
		phone := newTestPhone(t, g, Config{Script: script(t, "pause 1m")})
		defer phone.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		r := phone.Call(ctx, 1)
		synctest.Wait()
		if r.OK() || r.Reason != EndInterrupted || r.Frames < 148 || r.Frames > 150 {
			t.Errorf("the call ended with %s, %s after %d frames", r.Result, r.Reason, r.Frames)
		}
		if last := app.got[len(app.got)-1]; last.Event != "stop" {
			t.Errorf("the last message is %q, want stop", last.Event)
		}
	})
}

// TestHungApplication does not take part in the end of the call.
func TestHungApplication(t *testing.T) {
	release := make(chan struct{})
	stream := func(p *peer) { <-release }
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		g := serving(connecting, stream)(t)
		defer g.close()
		defer close(release)
		phone := newTestPhone(t, g, Config{Script: script(t, "pause 1s")})
		defer phone.Close()
		began := time.Now()
		if r := phone.Call(t.Context(), 1); r.Reason != EndScript {
			t.Errorf("the call ended with %s: %s", r.Reason, r.Text)
		}
		if took := time.Since(began); took > time.Second+hangUpTimeout+time.Second {
			t.Errorf("a call of 1 s was over after %v", took)
		}
	})
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "calls")
	inBubble(t, serving("<Say>one</Say>", nil), Config{Script: script(t, "expect-end"), Synthesize: buzz}, func(t *testing.T, _ *gateway, r *Record) {
		if err := r.Save(dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, r.Call+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var got Record
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.Call != r.Call || got.Result != ResultOK || len(got.Events) != len(r.Events) || !got.Events[0].Time.Equal(r.Events[0].Time) {
			t.Errorf("the record was read back as %+v", got)
		}
		sound, err := audio.ReadWAVFile(filepath.Join(dir, got.WAV))
		if err != nil {
			t.Fatal(err)
		}
		if len(sound.Samples) != r.Frames*audio.FrameSamples {
			t.Errorf("the WAV file has %d samples, want %d frames", len(sound.Samples), r.Frames)
		}
		if err := r.Save(filepath.Join(dir, got.WAV)); err == nil {
			t.Error("saving into a file is no error")
		}
	})
}

func TestSeedRepeatsIDs(t *testing.T) {
	cfg := Config{Script: script(t, "expect-end"), Seed: 7}
	ids := func(seed uint64, number int) string {
		c := newCall(&Phone{cfg: Config{Script: cfg.Script, Seed: seed, Account: accountSID(seed)}}, number)
		return c.sid + c.cfg.Account
	}
	if first, again := ids(7, 1), ids(7, 1); first != again {
		t.Errorf("the same seed and number give %s and %s", first, again)
	}
	if ids(7, 1) == ids(7, 2) || ids(7, 1) == ids(8, 1) {
		t.Errorf("another number gives %s, another seed %s, both as %s", ids(7, 2), ids(8, 1), ids(7, 1))
	}
}
