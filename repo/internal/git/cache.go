package git

import (
	"container/list"
	"sync"
)

// object is the content of one object. Objects from a cache are shared: their
// bytes must not be changed.
type object struct {
	kind kind
	data []byte
}

// cache keeps the objects used last, up to a number of bytes.
type cache[K comparable] struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List // of cached[K], the latest in front
	at    map[K]*list.Element
}

type cached[K comparable] struct {
	key K
	obj object
}

// cacheOverhead is roughly what a cached object costs beyond its bytes.
const cacheOverhead = 200

func newCache[K comparable](limit int) *cache[K] {
	return &cache[K]{limit: limit, order: list.New(), at: map[K]*list.Element{}}
}

func (c *cache[K]) get(key K) (object, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.at[key]
	if !ok {
		return object{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cached[K]).obj, true
}

func (c *cache[K]) put(key K, obj object) {
	size := len(obj.data) + cacheOverhead
	if size > c.limit/4 {
		return // one large object must not drive out all the others
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.at[key]; ok {
		return
	}
	c.at[key] = c.order.PushFront(cached[K]{key, obj})
	for c.used += size; c.used > c.limit; {
		e := c.order.Back()
		old := c.order.Remove(e).(cached[K])
		delete(c.at, old.key)
		c.used -= len(old.obj.data) + cacheOverhead
	}
}

// clear empties the cache.
func (c *cache[K]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.Init()
	clear(c.at)
	c.used = 0
}
