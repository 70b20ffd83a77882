-- include: common
-- Next poll of a bound part. XX: a part that another node released meanwhile must not come back as a ghost.
-- KEYS[1] prefix · ARGV[1] part id  [2] ms from now
-- Returns nothing
redis.call('ZADD', key('gate:watch'), 'XX', text(now() + tonumber(ARGV[2])), ARGV[1])
