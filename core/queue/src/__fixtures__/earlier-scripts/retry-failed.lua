-- include: common, ending
-- A request that failed or was cancelled runs again: each part that did not succeed becomes a new attempt and parks as new.
-- KEYS[1] prefix · ARGV[1] request id  [2] by whom
-- Returns { 'parked', grants made, budget, part ids } | { '' } unknown | { 'not', state } | { 'telling' } | { 'impossible', dimension, limit, weight }
local id = ARGV[1]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'total', 'corr', 'pipeline')
if not record[1] then return { '' } end
if (record[1] ~= 'failed' and record[1] ~= 'cancelled') or tonumber(record[2]) == 0 then return { 'not', record[1] } end
-- The end that was is told first; a client never hears of two ends at once.
if redis.call('HEXISTS', key('triggers'), 'notify:' .. id) == 1 or redis.call('HEXISTS', key('triggers'), 'finish:' .. id) == 1 then
  return { 'telling' }
end

local again = {}
for index = 0, tonumber(record[2]) - 1 do
  local partId = id .. '-' .. index
  local part = partOf(partId)
  if part.state ~= 'succeeded' then
    local refused = impossible(part.class)
    if refused then return refused end
    again[#again + 1] = partId
  end
end
if #again == 0 then return { 'not', record[1] } end

redis.call('HDEL', key('req:' .. id), 'endedAt', 'endEvent', 'failure', 'result', 'cancelBy', 'lost')
redis.call('HSET', key('req:' .. id), 'state', 'running', 'ended', tonumber(record[2]) - #again)
redis.call('ZREM', key('ended'), 'req:' .. id)
event('request.retried', record[3], requestSubject(id, record[4]), '{"by":' .. cjson.encode(ARGV[2]) .. ',"parts":' .. cjson.encode(again) .. '}')
for _, partId in ipairs(again) do
  local key_ = key('part:' .. partId)
  local facts = redis.call('HMGET', key_, 'class', 'headStart', 'index', 'key')
  redis.call('HDEL', key_, 'token', 'runId', 'runPageUrl', 'submittedAt', 'grantedAt', 'endedAt', 'node', 'submitter', 'cancel', 'log', 'failure',
    'waitsFor', 'waiting', 'runMs', 'faults', 'notBefore', 'deadline')
  local attempt = redis.call('HINCRBY', key_, 'attempt', 1)
  redis.call('HINCRBY', key_, 'fence', 1)
  redis.call('HSET', key_, 'state', 'parked')
  -- Its document is in the event of the first time, with what must not be archived taken out.
  local data = '{"key":' .. cjson.encode(facts[4]) .. ',"index":' .. facts[3] .. ',"attempt":' .. attempt .. '}'
  local _, parkedAt = event('part.parked', record[3], partSubject(partId, partOf(partId)), data)
  redis.call('HSET', key_, 'parkedAt', parkedAt)
  enter(partId, facts[1], facts[2])
end
local budget = #again + 64
return { 'parked', pump(budget), budget, again }
