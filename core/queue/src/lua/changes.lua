-- What will change by itself: a ZSET of names, score = when. One clock per node sleeps until the first of them; see ../gate/gate-clock.ts.
-- Names: `start|<part>` `deadline|<request>` `rate|<dimension>|<bucket>` `end|<dimension>|<cause>` `window|<dimension>` `month|`
local function planChange(name, at)
  redis.call('ZADD', key('gate:changes'), at, name)
  if redis.call('ZRANGE', key('gate:changes'), 0, 0)[1] == name then redis.call('PUBLISH', key('gate:clock'), at) end
end

local function dropChange(name)
  redis.call('ZREM', key('gate:changes'), name)
end

-- Takes places of a quota for its time, in sixtieths of it.
local function spendRate(dimension, weight)
  local step = periodOf(dimension) / 60
  local bucket = math.floor(now() / step)
  redis.call('HINCRBY', key('gate:rate:' .. dimension), text(bucket), weight)
  changeTaken(dimension, weight)
  planChange('rate|' .. dimension .. '|' .. text(bucket), text((bucket + 61) * step))
end
