-- include: common, gate, closures
-- Sets limits as declared or by hand. A limit by hand stands over the declared one until it is reset.
-- KEYS[1] prefix · ARGV[1] 'declare' | 'set' | 'reset'  [2] correlation id  then per dimension: dimension, limit ('' = none), record (JSON),
--      event data (JSON; '' = no event), rule (JSON) or '', '1' when its windows are open now, '0' when not, '' without windows,
--      when they change (ms or ''), name of its metric or ''
-- Returns { grants made, budget }
local function declareRule(dimension, rule, windows, changesAt, metric)
  local before = redis.call('HGET', key('gate:rule'), dimension)
  local metricBefore = before and string.match(before, '"metric":{"name":"([^"]+)"')
  if metricBefore and metricBefore ~= metric then
    redis.call('SREM', key('gate:metric-dimensions:' .. metricBefore), dimension)
    openDimension(dimension, 'metric:' .. metricBefore, 'declaration', ARGV[2])
  end
  if metric ~= '' then redis.call('SADD', key('gate:metric-dimensions:' .. metric), dimension) end
  if rule ~= '' then redis.call('HSET', key('gate:rule'), dimension, rule) else redis.call('HDEL', key('gate:rule'), dimension) end
  if windows ~= '' then setWindow(dimension, windows == '1', changesAt, ARGV[2]) else dropWindow(dimension, ARGV[2]) end
end

for at = 3, #ARGV, 8 do
  local dimension, limit, record, data = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local before = redis.call('HGET', key('gate:by-hand'), dimension)
  local changed = true
  if ARGV[1] == 'declare' then
    if limit == '' then redis.call('HDEL', key('gate:declared'), dimension) else redis.call('HSET', key('gate:declared'), dimension, limit) end
    declareRule(dimension, ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7])
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
  restand(dimension)
  if data ~= '' and changed then event('gate.limit', ARGV[2], '{}', data) end
end
local budget = 1000
return { pump(budget), budget }
