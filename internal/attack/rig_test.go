package attack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// gatewayConfig is the gateway under attack. It has one account and one number.
const gatewayConfig = `listen: 127.0.0.1:0
public_url: ` + publicURL + `
log: {level: info, format: json}
control: {listen: "127.0.0.1:0", token: "%[2]s"}
twilio: {auth_token: ` + authToken + `, auth_token_secondary: ` + nextToken + `, account_sid: ` + account + `, token_key: ` + tokenKey + `}
aws: {access_key_id: A, secret_access_key: B}
regions:
  - {name: us-east-1, runtime_endpoint: "%[1]s", models_endpoint: "%[1]s"}
failover: {probe_every: 1m}
lines:
  - {name: ` + lineName + `, numbers: ["` + lineNumber + `"], bot: OrderFlowers, alias: ver_one, greeting: Hi.}
call: {no_input: "off"}
`

// program is the path of lexline, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lexline-attack-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "lexline")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "lexline/cmd/lexline")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build lexline: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // it is in the folder for temporary files
	}
	os.Exit(code)
}

// rig is the gateway under attack, and the Lex that must not be asked.
type rig struct {
	t        testing.TB
	lex      *process
	gateway  *process
	address  string // of the door
	control  string // of its control listener, which has a token
	local    string // of the control listener of another gateway, which has none
	number   atomic.Int64
	mu       sync.Mutex
	expected map[string]bool // calls that may ask Lex
}

func newRig(t *testing.T) *rig {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, expected: map[string]bool{}}
	r.lex = start(t, path, "bot", "serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--voice", "none", "--bot", "../../bots/OrderFlowers")
	endpoint := r.lex.await(t, "the local Lex", func(l line) bool { return l.text("op") == "Start" }).text("endpoint")
	var listening line
	r.gateway, listening = r.serve(t, endpoint, controlToken)
	r.address, r.control = listening.text("address"), listening.text("control")
	_, listening = r.serve(t, endpoint, "")
	r.local = listening.text("control")
	return r
}

// serve starts a gateway, and returns its line that says where it listens.
func (r *rig) serve(t *testing.T, lex, token string) (*process, line) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "lexline.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, gatewayConfig, lex, token), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := start(t, path, "serve", "--config", config)
	return gateway, gateway.await(t, "the gateway", func(l line) bool { return l.text("msg") == "listening" })
}

// newSID is the id of another call.
func (r *rig) newSID() string { return sidOf(r.number.Add(1)) }

func sidOf(n int64) string { return fmt.Sprintf("CA%032x", n) }

// expect lets a call ask Lex.
func (r *rig) expect(sid string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expected[sid] = true
}

// asked is how often the bot was asked something, by calls that may and by those that
// may not. What the gateway asks of its own accord is not counted.
func (r *rig) asked() (rightly, wrongly int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	session := func(expected bool) func(line) bool {
		return func(l line) bool {
			id := l.text("session")
			own := strings.HasPrefix(id, "lexline-probe-") || strings.HasPrefix(id, "lexline-check-")
			return id != "" && !own && r.expected[id] == expected
		}
	}
	return r.lex.count(session(true)), r.lex.count(session(false))
}

// attacker plays one kind.
type attacker struct {
	*rig
	sid  string // of a call of its own
	from net.IP // as wrong signatures are counted by address
}

func (r *rig) attacker() *attacker {
	n := r.number.Add(1)
	return &attacker{rig: r, sid: sidOf(n), from: net.IPv4(127, 1+byte(n>>16), byte(n>>8), byte(n))}
}

// dial connects to the door.
func (a *attacker) dial() net.Conn { return a.dialTo(a.address) }

func (a *attacker) dialTo(address string) net.Conn {
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: a.from}}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		panic(refusal("cannot connect: " + err.Error()))
	}
	_ = conn.SetDeadline(time.Now().Add(patience)) // a connection that was just made
	return conn
}

// refusal is what a kind comes to when it cannot even be played.
type refusal string

// exchange sends bytes to the door and tells what comes back.
func (a *attacker) exchange(method string, raw []byte) string {
	return a.exchangeWith(a.address, method, raw)
}

// exchangeWith sends bytes and tells what comes back: the statuses of the answers, with
// what a document says, and "cut" where there is none. One that comes too late is "hung".
func (a *attacker) exchangeWith(address, method string, raw []byte) string {
	conn := a.dialTo(address)
	defer conn.Close()
	go func() { _, _ = conn.Write(raw) }() // the answer may come, and the connection go, before all is sent
	reader := bufio.NewReader(conn)
	var answers []string
	for {
		answer, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				answers = append(answers, "hung")
			}
			break
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			return strings.Join(append(answers, "101"), " ")
		}
		body, _ := io.ReadAll(answer.Body) // what there is of it
		answers = append(answers, strings.TrimSpace(itoa(answer.StatusCode)+" "+gist(string(body))))
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // nothing more is asked; it may be closed already
		}
	}
	if len(answers) == 0 {
		return "cut"
	}
	return strings.Join(answers, ", ")
}

var streamAddress = regexp.MustCompile(`<Stream url="` + regexp.QuoteMeta(streamURL) + `([^"]+)"`)

// gist is what a TwiML document does; empty for what is none.
func gist(body string) string {
	switch {
	case !strings.Contains(body, "<Response>"):
		return ""
	case streamAddress.MatchString(body):
		return "stream"
	case strings.Contains(body, "<Hangup"):
		return "hangup"
	case strings.Contains(body, "<Redirect"):
		return "redirect"
	}
	return "twiml"
}

// post sends a webhook.
func (a *attacker) post(w *webhook) string {
	r := w.build()
	return a.exchange(r.method, r.bytes())
}

// open sends a handshake.
func (a *attacker) open(h *handshake) string {
	r := h.build()
	return a.exchange(r.method, r.bytes())
}

// token has the gateway greet a call, and returns the token of its stream.
func (a *attacker) token(sid string) string {
	r := newWebhook("/twiml", sid).build()
	conn := a.dial()
	defer conn.Close()
	if _, err := conn.Write(r.bytes()); err != nil {
		panic(refusal("cannot send a webhook: " + err.Error()))
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		panic(refusal("a genuine webhook got no answer: " + err.Error()))
	}
	body, _ := io.ReadAll(answer.Body) // what there is of it
	found := streamAddress.FindSubmatch(body)
	if found == nil {
		panic(refusal(fmt.Sprintf("a genuine webhook got no stream: %s %s", answer.Status, body)))
	}
	return string(found[1])
}
