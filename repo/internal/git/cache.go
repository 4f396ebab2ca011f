package git

import "sync"

// object is the content of one object. Objects from a cache are shared: their
// bytes must not be changed.
type object struct {
	kind kind
	data []byte
}

// cache keeps the objects used last, up to a number of bytes, in two halves: what is
// asked for moves to the younger, and when that is full the older one goes. That takes
// no list that every question puts in order anew.
type cache[K comparable] struct {
	mu         sync.Mutex
	limit      int
	used       int // by the younger half
	young, old map[K]object
}

// cacheOverhead is roughly what a cached object costs beyond its bytes.
const cacheOverhead = 120

func newCache[K comparable](limit int) *cache[K] {
	return &cache[K]{limit: limit, young: map[K]object{}}
}

func (c *cache[K]) get(key K) (object, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	obj, ok := c.young[key]
	if ok {
		return obj, true
	}
	if obj, ok = c.old[key]; ok {
		c.add(key, obj)
	}
	return obj, ok
}

func (c *cache[K]) put(key K, obj object) {
	if len(obj.data)+cacheOverhead > c.limit/4 {
		return // one large object must not drive out all the others
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[key]; !ok {
		c.add(key, obj)
	}
}

// add puts an object into the younger half, in which it is not.
func (c *cache[K]) add(key K, obj object) {
	size := len(obj.data) + cacheOverhead
	if c.used += size; c.used > c.limit/2 {
		c.old, c.young, c.used = c.young, make(map[K]object, len(c.young)), size
	}
	c.young[key] = obj
}

// clear empties the cache.
func (c *cache[K]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old, c.used = map[K]object{}, nil, 0
}
