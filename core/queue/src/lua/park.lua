-- include: common, gate
-- Stores the parts of a request and parks each at the gate, or outside of it until its time has come.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] mediated body (JSON)  [3] result path  [4] class  [5] head start in microseconds
--      [6] event data of request.mediated (JSON)  [7] parts that must succeed or ''
--      [8] price of an hour in millionths or ''  [9] estimate in millionths or ''; then per part: key, document (JSON), event data of part.parked (JSON)
-- Returns { 'parked', grants made, budget } | { 'past' } | { 'impossible', dimension, limit, weight }
local GIVEN = 9
local id, class, headStartUs = ARGV[1], ARGV[4], ARGV[5]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline', 'notBefore', 'deadline')
local notBefore, deadline = record[4], record[5]
if record[1] ~= 'mediating' and record[1] ~= 'accepted' then return { 'past' } end
local refused = impossible(class)
if refused then return refused end

local total = (#ARGV - GIVEN) / 3
local subject = '{"pipeline":' .. cjson.encode(record[3]) .. ',"request":"' .. id .. '"}'
redis.call('HSET', key('req:' .. id), 'state', 'running', 'mediated', ARGV[2], 'resultPath', ARGV[3], 'total', total)
if ARGV[7] ~= '' then redis.call('HSET', key('req:' .. id), 'needed', ARGV[7]) end
event('request.mediated', record[2], subject, ARGV[6])
untrack('mediate:' .. id)

local granted = 0
known = {}
local later = notBefore and tonumber(notBefore) > now()
for index = 0, total - 1 do
  local partId, at = id .. '-' .. index, GIVEN + 1 + index * 3
  local part = key('part:' .. partId)
  local facts = { state = 'parked', class = class, request = id, corr = record[2], pipeline = record[3], attempt = '1' }
  local _, parkedAt = event('part.parked', record[2], partSubject(partId, facts), ARGV[at + 2])
  redis.call('HSET', part, 'request', id, 'index', index, 'key', ARGV[at], 'doc', ARGV[at + 1], 'parkedAt', parkedAt,
    'state', 'parked', 'attempt', 1, 'class', class, 'corr', record[2], 'pipeline', record[3], 'headStart', headStartUs)
  if notBefore then redis.call('HSET', part, 'notBefore', notBefore) end
  if deadline then redis.call('HSET', part, 'deadline', deadline) end
  if ARGV[8] ~= '' then redis.call('HSET', part, 'price', ARGV[8], 'estimate', ARGV[9]) end
  if later then
    redis.call('HSET', part, 'later', '1', 'waitsFor', 'not-before', 'waiting', '{"dimension":"not-before","limit":0,"inUse":0}')
    local why = '{"dimension":"not-before","limit":0,"inUse":0,"ahead":0,"until":' .. notBefore .. '}'
    event('part.waiting', record[2], partSubject(partId, facts), why)
    planChange('start|' .. partId, notBefore)
  elseif isFree(class) then
    grantAtOnce(partId, class, facts, parkedAt)
    granted = granted + 1
  else
    enter(partId, class, headStartUs)
  end
end

local budget = total + 64
-- Where each was granted at once, nobody stands before or behind them.
if granted == total then return { 'parked', granted, budget } end
granted = granted + pump(budget - granted)
local blocker = not later and redis.call('EXISTS', key('gate:wait:' .. class)) == 1 and waitsFor(class)
if blocker then
  for index = 0, total - 1 do
    local rank = redis.call('ZRANK', key('gate:wait:' .. class), id .. '-' .. index)
    if rank then noteWaiting(id .. '-' .. index, blocker, rank) end
  end
end
return { 'parked', granted, budget }
