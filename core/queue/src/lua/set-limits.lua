-- include: common, gate
-- Sets limits as declared or by hand. A limit by hand stands over the declared one until it is reset.
-- KEYS[1] prefix · ARGV[1] 'declare' | 'set' | 'reset'  [2] correlation id  then per dimension: dimension, limit ('' = none), record (JSON),
--      event data (JSON; '' = no event)
-- Returns { grants made, budget }
for at = 3, #ARGV, 4 do
  local dimension, limit, record, data = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local before = redis.call('HGET', key('gate:by-hand'), dimension)
  local changed = true
  if ARGV[1] == 'declare' then
    if limit == '' then redis.call('HDEL', key('gate:declared'), dimension) else redis.call('HSET', key('gate:declared'), dimension, limit) end
  elseif ARGV[1] == 'set' then
    -- The same limit, by the same hand, for the same reason is a repeat: no second event.
    changed = not before or before ~= record or redis.call('HGET', key('gate:by-hand-limit'), dimension) ~= limit
    redis.call('HSET', key('gate:by-hand'), dimension, record)
    redis.call('HSET', key('gate:by-hand-limit'), dimension, limit)
    if changed then redis.call('HSET', key('gate:by-hand-at'), dimension, text(now())) end
  else
    changed = before and true or false
    redis.call('HDEL', key('gate:by-hand'), dimension)
    redis.call('HDEL', key('gate:by-hand-limit'), dimension)
    redis.call('HDEL', key('gate:by-hand-at'), dimension)
  end
  if ARGV[1] ~= 'declare' then redis.call('SET', key('gate:remembers'), '1') end
  local stands = redis.call('HGET', key('gate:by-hand-limit'), dimension) or redis.call('HGET', key('gate:declared'), dimension)
  if stands then redis.call('HSET', key('gate:limit'), dimension, stands) else redis.call('HDEL', key('gate:limit'), dimension) end
  if dimension ~= '*' then redis.call('SADD', key('gate:dirty'), dimension) end
  if data ~= '' and changed then event('gate.limit', ARGV[2], '{}', data) end
end
local budget = 1000
return { pump(budget), budget }
