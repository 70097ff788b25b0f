package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"
)

// controlOptions say where a gateway's control listener is, and what it wants to
// know: by flags, the environment, or the gateway's own configuration.
type controlOptions struct {
	control string // HOST:PORT, or https://HOST:PORT
	given   bool   // by the flag
	tables  bool   // the command has --table, too
	file    string // configuration of the gateway; empty: none is named

	token      string
	serverName string // that its certificate is for; empty: that of the address
	getenv     func(string) string
}

// addressFlag is the flag --control. It remembers that it was given.
type addressFlag struct{ o *controlOptions }

func (f addressFlag) String() string {
	if f.o == nil {
		return "" // as the package flag asks for
	}
	return f.o.control
}

func (f addressFlag) Set(text string) error {
	f.o.control, f.o.given = text, true
	return nil
}

func (o *controlOptions) addFlags(env *environment, flags *flag.FlagSet) {
	o.getenv = env.getenv
	o.control = cmp.Or(env.getenv("LEXLINE_CONTROL_LISTEN"), defaultConfig().Control.Listen)
	flags.Var(addressFlag{o}, "control", "`address` of the gateway's control listener (control.listen in lexline.yml), with https:// in front if it speaks TLS")
	flags.StringVar(&o.file, "config", env.getenv("LEXLINE_CONFIG"), "configuration `file` of the gateway, for the address and the control token; the token may also be in LEXLINE_CONTROL_TOKEN")
}

// resolve finds out what the flags left open, and checks it.
func (o *controlOptions) resolve() error {
	cfg, err := o.gateway()
	if err == nil {
		err = o.find(cfg)
	}
	if err == nil {
		o.token, err = cfg.Control.readToken()
	}
	return err
}

// locate is resolve for who needs no token, and cannot always read the file that
// has it.
func (o *controlOptions) locate() error {
	cfg, err := o.gateway()
	if err != nil {
		return err
	}
	return o.find(cfg)
}

// gateway reads what is known of the gateway's configuration, from where the gateway
// has it.
func (o *controlOptions) gateway() (config, error) {
	cfg := defaultConfig()
	if _, _, err := readConfigOf(o.file, o.getenv, &cfg); err != nil {
		return cfg, &hintError{err, "only its control listener is looked for; it is named by --config or LEXLINE_CONFIG"}
	}
	return cfg, overrideFrom(o.getenv, "LEXLINE", reflect.ValueOf(&cfg).Elem())
}

// find sets where the control listener can be asked.
func (o *controlOptions) find(cfg config) error {
	if !o.given {
		o.control = cfg.Control.Listen
	}
	if o.control == "off" {
		return &hintError{errors.New("this gateway has no control listener: control.listen is off"), "set it to 127.0.0.1:8471 and start the gateway again"}
	}
	if err := checkListen(strings.TrimPrefix(o.control, "https://"), "127.0.0.1", "8471"); err != nil {
		return usageError{&hintError{fmt.Errorf("--control: %w", err), "the gateway logs its control address when it starts"}}
	}
	o.reach(cfg)
	return nil
}

// reach turns the address where a gateway listens into one where it can be asked.
func (o *controlOptions) reach(cfg config) {
	host, port, _ := net.SplitHostPort(o.control) // with https:// it is asked as it stands
	if o.given || strings.Contains(o.control, "://") {
		return
	}
	if cfg.controlSpeaksTLS() {
		if public, err := url.Parse(cfg.PublicURL); err == nil {
			o.serverName = public.Hostname() // its certificate is of that name
		}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		o.control = net.JoinHostPort("127.0.0.1", port)
	}
	if cfg.controlSpeaksTLS() {
		o.control = "https://" + o.control
	}
}

// client asks where the options say. They have been resolved.
func (o *controlOptions) client() *controlClient {
	client := newControlClient(o.control, o.token, o.serverName)
	client.tables = o.tables
	return client
}
