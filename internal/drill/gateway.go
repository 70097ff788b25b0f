package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lexline/internal/twiliosim"
)

// publicURL is the address of the drill's gateways. It exists nowhere: the phones
// map it to loopback, as a load balancer would.
const publicURL = "https://voice.example.com"

// calledNumber is the number that everybody calls.
const calledNumber = "+15550100"

// gateway is a running lexline serve.
type gateway struct {
	*service
	address string // host:port
	control string // as above, of its control listener; empty without one
}

// gatewayLine is what the drill reads of a line of a gateway's log.
type gatewayLine struct {
	Msg, Address, Control string
}

// ready takes the lines of a starting gateway until it has said where it listens.
func (g *gateway) ready(text []byte) bool {
	var line gatewayLine
	if json.Unmarshal(text, &line) != nil || line.Msg != "listening" {
		return false
	}
	g.address = line.Address
	if line.Control != "off" {
		g.control = line.Control
	}
	return true
}

// leastQuota is how many requests at a time an alias gets at least: Lex's own
// default (https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html).
const leastQuota = 25

// gatewayConfig is the configuration of a gateway for some regions, the first of
// which is its home.
func (c *Config) gatewayConfig(token string, regions []*region) string {
	quota := max(leastQuota, c.Calls)
	var list, names []string
	for _, r := range regions {
		list = append(list, fmt.Sprintf("  - {name: %s, runtime_endpoint: %q, models_endpoint: %q}", r.name, r.endpoint, r.endpoint))
		names = append(names, "{name: "+r.name+"}")
	}
	return fmt.Sprintf(`# What the drill's gateway ran with.
listen: 127.0.0.1:0
public_url: %s
log: {level: debug, format: json}
control: {listen: "127.0.0.1:0"}
twilio: {auth_token: %s}
aws: {access_key_id: drill, secret_access_key: drill}
regions:
%s
lines:
  - name: flowers
    numbers: ["%s"]
    greeting: "Welcome to the flower shop. How can I help you?"
    bot: OrderFlowers
    alias: %s
    regions: [%s]
    exactly_once: true
    quota: %d
    probe: {text: "I would like to order some flowers", intent: OrderFlowers, slot: FlowerType}
failover: {hold: %s, probe_every: 2s}
`, publicURL, token, strings.Join(list, "\n"), calledNumber, botAlias, strings.Join(names, ", "), quota, c.Hold)
}

// beginGateway starts a gateway. take gets the lines of its log.
func (s *stage) beginGateway(ctx context.Context, name, config string, take func([]byte)) (*gateway, error) {
	path := filepath.Join(s.dir, name+".yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration of %s: %w", name, err)
	}
	g := &gateway{}
	var err error
	g.service, err = s.begin(ctx, name, []string{"serve", "--dev", "--config", path}, g.ready, take)
	return g, err
}

// door is where calls to a gateway go.
func (g *gateway) door(token, region string) door {
	return door{
		url: publicURL + "/twiml", token: token, number: calledNumber, region: region,
		routes: twiliosim.Routes{strings.TrimPrefix(publicURL, "https://") + ":443": g.address},
	}
}
