-- include: common, gate
-- Stores the parts of a request and parks each at the gate.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] mediated body (JSON)  [3] result path  [4] class  [5] head start in microseconds
--      [6] event data of request.mediated (JSON); then per part: key, document (JSON), event data of part.parked (JSON)
-- Returns { 'parked', grants made, budget } | { 'past' } | { 'impossible', dimension, limit, weight }
local id, class = ARGV[1], ARGV[4]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline')
if record[1] ~= 'mediating' and record[1] ~= 'accepted' then return { 'past' } end
for _, claim in ipairs(claimsOf(class)) do
  local limit = limitOf(claim.dimension)
  -- A limit of 0 is a pause: it is raised again, so nothing is impossible under it.
  if limit > 0 and claim.weight > limit then return { 'impossible', claim.dimension, text(limit), text(claim.weight) } end
end

local total = (#ARGV - 6) / 3
local subject = '{"pipeline":' .. cjson.encode(record[3]) .. ',"request":"' .. id .. '"}'
redis.call('HSET', key('req:' .. id), 'state', 'running', 'mediated', ARGV[2], 'resultPath', ARGV[3], 'total', total)
event('request.mediated', record[2], subject, ARGV[6])
untrack('mediate:' .. id)

-- Arrival in microseconds, never the same twice and never backwards, so that a class is FIFO within one script and over clock steps.
local time = redis.call('TIME')
local arrival = math.max(time[1] * 1e6 + time[2], tonumber(redis.call('GET', key('gate:arrival')) or 0) + 1)
for index = 0, total - 1 do
  local partId = id .. '-' .. index
  redis.call('HSET', key('part:' .. partId), 'request', id, 'index', index, 'key', ARGV[7 + index * 3], 'doc', ARGV[8 + index * 3],
    'state', 'parked', 'attempt', 1, 'class', class, 'corr', record[2], 'pipeline', record[3])
  local _, at = event('part.parked', record[2], partSubject(partId, partOf(partId)), ARGV[9 + index * 3])
  redis.call('HSET', key('part:' .. partId), 'parkedAt', at)
  enter(partId, class, text(arrival + index - tonumber(ARGV[5])))
end
redis.call('SET', key('gate:arrival'), text(arrival + total))

local budget = total + 64
local granted = pump(budget)
local blocker = redis.call('HGET', key('gate:blocked-by'), class) or blockerOf(class)
if not blocker and weightOn(class, '*') > room('*') then blocker = '*' end
if blocker then
  for index = 0, total - 1 do
    local rank = redis.call('ZRANK', key('gate:wait:' .. class), id .. '-' .. index)
    if rank then noteWaiting(id .. '-' .. index, blocker, rank) end
  end
end
return { 'parked', granted, budget }
