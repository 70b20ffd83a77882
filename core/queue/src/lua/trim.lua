-- include: common
-- Removes archived events, and remembers up to where the archive reaches: records go only after that.
-- KEYS[1] prefix · ARGV[1] first event to keep  [2] archived up to (ms)
-- Returns the number removed
redis.call('SET', key('archived'), ARGV[2])
return redis.call('XTRIM', key('log'), 'MINID', '~', ARGV[1])
