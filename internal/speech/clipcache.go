package speech

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"lexline/internal/audio"
)

// clipKey names a sentence in a voice.
type clipKey struct{ engine, voice, text string }

// clipCache keeps what was said, the least recently used forgotten first. Those
// who want the same sentence at the same time wait for one maker.
type clipCache struct {
	limit int // bytes

	mu     sync.Mutex
	bytes  int
	clips  map[clipKey]*list.Element // of *cachedClip
	recent *list.List                // the latest used in front
}

// cachedClip is one sentence, or the promise of it.
type cachedClip struct {
	key  clipKey
	done chan struct{} // closed when clip or err is there; they do not change after
	clip audio.Clip
	err  error
}

func newClipCache(limit int) *clipCache {
	return &clipCache{limit: limit, clips: map[clipKey]*list.Element{}, recent: list.New()}
}

// get returns the clip of key, made by make if it is not there. If its maker gave
// up because of its own context, one of those who wait tries again.
func (c *clipCache) get(ctx context.Context, key clipKey, make func() (audio.Clip, error)) (audio.Clip, error) {
	for {
		entry, mine := c.entry(key)
		if mine {
			entry.clip, entry.err = make()
			c.keep(entry)
			close(entry.done)
			return entry.clip, entry.err
		}
		select {
		case <-entry.done:
		case <-ctx.Done():
			return audio.Clip{}, context.Cause(ctx)
		}
		if !errors.Is(entry.err, context.Canceled) || ctx.Err() != nil {
			return entry.clip, entry.err
		}
	}
}

// entry returns the entry of key; mine says that the caller has to fill it.
func (c *clipCache) entry(key clipKey) (entry *cachedClip, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.clips[key]; element != nil {
		c.recent.MoveToFront(element)
		return element.Value.(*cachedClip), false
	}
	entry = &cachedClip{key: key, done: make(chan struct{})}
	c.clips[key] = c.recent.PushFront(entry)
	return entry, true
}

// keep counts a clip that was made, forgets one that could not be, and makes room.
func (c *clipCache) keep(entry *cachedClip) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry.err != nil {
		c.recent.Remove(c.clips[entry.key])
		delete(c.clips, entry.key)
		return
	}
	c.bytes += 2 * len(entry.clip.Samples)
	for element := c.recent.Back(); element != nil && c.bytes > c.limit; {
		before := element.Prev()
		old := element.Value.(*cachedClip)
		select {
		case <-old.done:
			c.bytes -= 2 * len(old.clip.Samples)
			c.recent.Remove(element)
			delete(c.clips, old.key)
		default: // being made: it has no size yet
		}
		element = before
	}
}
