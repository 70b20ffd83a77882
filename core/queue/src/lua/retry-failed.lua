-- include: common, walk
-- A request that failed or was cancelled runs again: each part that did not succeed becomes a new attempt and parks as new. Here all that go in one
-- step; of a larger request this only commits to it, and the first step is its own script as the others are (walk-on.lua).
-- KEYS[1] prefix · ARGV[1] request id  [2] by whom  [3] event of the end that the caller has read the parts of
--      [4] ids of the parts that did not succeed (JSON)  [5] their number; then the classes of them
-- Returns { 'parked', grants made, budget, 1 when there are more parts } | { '' } unknown | { 'not', state } | { 'telling' }
--      | { 'impossible', dimension, limit, weight }
local GIVEN = 5
local id, again = ARGV[1], tonumber(ARGV[5])
local record = redis.call('HMGET', key('req:' .. id), 'state', 'total', 'corr', 'pipeline', 'endEvent')
if not record[1] then return { '' } end
if (record[1] ~= 'failed' and record[1] ~= 'cancelled') or again == 0 then return { 'not', record[1] } end
-- The end that was is told first; a client never hears of two ends at once.
if record[5] ~= ARGV[3] or redis.call('HEXISTS', key('triggers'), 'notify:' .. id) == 1 or redis.call('HEXISTS', key('triggers'), 'finish:' .. id) == 1 then
  return { 'telling' }
end
for at = GIVEN + 1, #ARGV do
  local refused = impossible(ARGV[at])
  if refused then return refused end
end

redis.call('HDEL', key('req:' .. id), 'endedAt', 'endEvent', 'failure', 'result', 'cancelBy', 'lost')
redis.call('HSET', key('req:' .. id), 'state', 'running', 'ended', tonumber(record[2]) - again)
redis.call('ZREM', key('ended'), 'req:' .. id)
event('request.retried', record[3], requestSubject(id, record[4]), '{"by":' .. cjson.encode(ARGV[2]) .. ',"parts":' .. ARGV[4] .. '}')
endWalk(id)
beginWalk(id, 'retry', '', '')
if tonumber(record[2]) <= PARTS_PER_STEP then walkOn(id, PARTS_PER_STEP) end
local budget = 64
return { 'parked', pump(budget), budget, redis.call('HEXISTS', key('req:' .. id), 'walk') }
