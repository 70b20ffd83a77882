-- include: common, gate
-- Parks the next parts of a large split that are stored and not at the gate yet; those that ended meanwhile are passed over.
-- KEYS[1] prefix · ARGV[1] request id  [2] at most
-- Returns { 1 when there are more, grants made, budget }
local id = ARGV[1]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'total', 'entered', 'notBefore')
local from, total = tonumber(record[3]), tonumber(record[2] or 0)
if record[1] ~= 'running' or not from then return { 0, 0, 64 } end

local notBefore = record[4]
local later = notBefore and tonumber(notBefore) > now()
local upto = math.min(total, from + tonumber(ARGV[2]))
local class
for index = from, upto - 1 do
  local partId = id .. '-' .. index
  local part = partOf(partId)
  if tellParked(partId, part) then
    class = part.class
    if later then
      redis.call('HSET', key('part:' .. partId), 'waitsFor', 'not-before', 'waiting', '{"dimension":"not-before","limit":0,"inUse":0}')
      local why = '{"dimension":"not-before","limit":0,"inUse":0,"ahead":0,"until":' .. notBefore .. '}'
      event('part.waiting', part.corr, partSubject(partId, part), why)
      planChange('start|' .. partId, notBefore)
    else
      redis.call('HDEL', key('part:' .. partId), 'later')
      enter(partId, class, redis.call('HGET', key('part:' .. partId), 'headStart'))
    end
  end
end
redis.call('HSET', key('req:' .. id), 'entered', upto)
if upto == total then
  redis.call('HDEL', key('req:' .. id), 'entered')
  untrack('mediate:' .. id)
end

local budget = upto - from + 64
local granted = pump(budget)
local blocker = class and not later and waitsFor(class)
if blocker then
  for index = from, upto - 1 do
    local rank = redis.call('ZRANK', key('gate:wait:' .. class), id .. '-' .. index)
    if rank then noteWaiting(id .. '-' .. index, blocker, rank) end
  end
end
return { upto < total and 1 or 0, granted, budget }
