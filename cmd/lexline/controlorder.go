package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"lexline/internal/region"
)

// pinOrder is the body of POST /pin and, without Region and For, of POST /unpin.
type pinOrder struct {
	Region string `json:"region,omitempty"`
	For    string `json:"for,omitempty"` // as in 30m
	Why    string `json:"why,omitempty"`
	By     string `json:"by,omitempty"`
	Bot    string `json:"bot,omitempty"` // empty: every bot, for a pin every one that has the region
}

// pinAnswer is the answer to either.
type pinAnswer struct {
	Bots   []string   `json:"bots"` // that are pinned now, or were until now
	Region string     `json:"region,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
}

// servePin answers POST /pin.
func (g *gateway) servePin(w http.ResponseWriter, r *http.Request) {
	order, err := readOrder(r.Body)
	if err == nil && order.Region == "" {
		err = errors.New("region: is missing")
	}
	var span time.Duration
	if err == nil {
		span, err = pinTime(order.For)
	}
	var bots []*bot
	if err == nil {
		bots, err = g.botsFor(order)
	}
	if err != nil {
		refuseControl(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := pinAnswer{Region: order.Region}
	for _, b := range bots {
		if err := b.client.Keeper().Pin(order.Region, span, order.By, order.Why); err != nil {
			refuseControl(w, http.StatusServiceUnavailable, fmt.Sprintf("bot %s: %v", g.nameOf(b), err))
			return
		}
		answer.Bots = append(answer.Bots, g.nameOf(b))
		if pin := b.client.Keeper().Status().Pin; pin != nil {
			answer.Until = &pin.Until // as every other gateway is going to say it
		}
	}
	answerJSON(w, answer)
}

// serveUnpin answers POST /unpin.
func (g *gateway) serveUnpin(w http.ResponseWriter, r *http.Request) {
	order, err := readOrder(r.Body)
	if err == nil && (order.Region != "" || order.For != "") {
		err = errors.New("unpin takes no region and no time: there is one pin for each bot")
	}
	var bots []*bot
	if err == nil {
		bots, err = g.botsFor(order)
	}
	if err != nil {
		refuseControl(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := pinAnswer{Bots: []string{}} // an empty list in JSON, not null
	for _, b := range bots {
		pinned := b.client.Keeper().Status().Pin != nil
		if err := b.client.Keeper().Unpin(order.By, order.Why); err != nil {
			refuseControl(w, http.StatusServiceUnavailable, fmt.Sprintf("bot %s: %v", g.nameOf(b), err))
			return
		}
		if pinned {
			answer.Bots = append(answer.Bots, g.nameOf(b))
		}
	}
	answerJSON(w, answer)
}

// maxRemark is how long what a person says about an order may be.
const maxRemark = 300

// readOrder reads one JSON object and nothing else.
func readOrder(body io.Reader) (order pinOrder, err error) {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&order); err != nil {
		return order, fmt.Errorf("read the order: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return order, errors.New("read the order: there is something behind it")
	}
	for key, text := range map[string]string{"why": order.Why, "by": order.By} {
		if len(text) > maxRemark || text != printable(text) {
			return order, fmt.Errorf("%s: must be one line of at most %d bytes", key, maxRemark)
		}
	}
	if order.By == "" {
		order.By = "somebody on this machine"
	}
	return order, nil
}

// pinTime is how long a pin is to last.
func pinTime(text string) (time.Duration, error) {
	if text == "" {
		return 0, errors.New("for: is missing; a pin ends by itself, so say how long, as in 30m")
	}
	span, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("for: %q is no duration; write 30m or 2h", text)
	case span < time.Second:
		return 0, fmt.Errorf("for: %v is no time", span)
	case span > region.LongestPin:
		return 0, fmt.Errorf("for: %v is longer than %v", span, region.LongestPin)
	}
	return span, nil
}

// botsFor finds the bots that an order is about.
func (g *gateway) botsFor(order pinOrder) (found []*bot, err error) {
	var names, regions []string
	for _, b := range g.bots {
		names = append(names, g.nameOf(b))
		if order.Bot != "" && order.Bot != g.nameOf(b) {
			continue
		}
		_, has := b.client.Keeper().View().Of(order.Region)
		if order.Region == "" || has {
			found = append(found, b)
		}
		for _, c := range b.client.Keeper().View().Regions {
			regions = append(regions, c.Name)
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case order.Bot != "" && !slices.Contains(names, order.Bot):
		return nil, fmt.Errorf("bot: there is no bot %q; there are: %s", order.Bot, strings.Join(names, ", "))
	}
	slices.Sort(regions)
	return nil, fmt.Errorf("region: there is no region %q; there are: %s", order.Region, strings.Join(slices.Compact(regions), ", "))
}
