-- include: ending
-- Walks over all parts of a request, so many in one script that nobody waits long for Redis. `beginWalk` is in ending.lua, the rest of it in ../lanes/walk.ts.
local PARTS_PER_STEP = 500

local function deadlineFailure(message, hint)
  return '{"code":"request.deadline","kind":"user","message":' .. cjson.encode(message) .. ',"hint":' .. hint .. '}'
end

local function reasonOf(id, part)
  if part.state ~= 'parked' then return 'had a slot and was not submitted yet' end
  local notBefore = part.later and redis.call('HGET', key('part:' .. id), 'notBefore')
  if notBefore and tonumber(notBefore) > now() then return 'was not to start yet' end
  local dimension = waitsFor(part.class)
  if not dimension then return 'waited for its turn' end
  local stands = roomIn(dimension)
  local limit = stands.limit < UNLIMITED and text(stands.limit) or 'none'
  return 'waited for ' .. dimension .. ' (limit ' .. limit .. ', in use ' .. text(stands.use + stands.taken) .. ')'
end

-- A part that did not succeed becomes a new attempt and parks as new.
local function takeUp(id)
  local part = partOf(id)
  if part.state == 'succeeded' then return end
  local record = key('part:' .. id)
  local facts = redis.call('HMGET', record, 'headStart', 'index', 'key')
  redis.call('HDEL', record, 'token', 'runId', 'runPageUrl', 'submittedAt', 'grantedAt', 'endedAt', 'node', 'submitter', 'cancel', 'log', 'failure',
    'waitsFor', 'waiting', 'runMs', 'faults', 'notBefore', 'deadline')
  local attempt = redis.call('HINCRBY', record, 'attempt', 1)
  redis.call('HINCRBY', record, 'fence', 1)
  redis.call('HSET', record, 'state', 'parked')
  -- Its document is in the event of the first time, with what must not be archived taken out.
  local data = '{"key":' .. cjson.encode(facts[3]) .. ',"index":' .. facts[2] .. ',"attempt":' .. attempt .. '}'
  local _, parkedAt = event('part.parked', part.corr, partSubject(id, partOf(id)), data)
  redis.call('HSET', record, 'parkedAt', parkedAt)
  enter(id, part.class, facts[1])
end

-- What each kind does with a part. Returns whether another walk took its place meanwhile.
local visits = {}

-- `takeUp` has done it.
function visits.retry()
  return false
end

function visits.cancel(id, failure)
  cancelPart(id, partOf(id), failure)
  return false
end

function visits.deadline(id, failure, hint)
  local part = partOf(id)
  if part.state ~= 'parked' and part.state ~= 'granted' then return false end
  local own = deadlineFailure('the deadline of ' .. id .. ' passed while it ' .. reasonOf(id, part), hint)
  endUnsubmitted(id, part, { state = 'failed', failure = own })
  return partLost(part.request, failure)
end

-- Returns the number of parts visited.
local function visitSome(requestId, most)
  local record = key('req:' .. requestId)
  local walk = redis.call('HMGET', record, 'walk', 'walked', 'walkFailure', 'walkHint', 'again', 'total')
  local from, total = tonumber(walk[2]), tonumber(walk[6])
  local again = walk[1] == 'retry' and 0 or tonumber(walk[5] or total)
  for index = from, math.min(total, from + most) - 1 do
    local id = requestId .. '-' .. index
    if index >= again then takeUp(id) end
    if visits[walk[1]](id, walk[3], walk[4]) then return index + 1 - from end
  end
  local upto = math.min(total, from + most)
  if upto == total then endWalk(requestId) else redis.call('HSET', record, 'walked', upto) end
  return upto - from
end

-- Goes on with the walk of a request if there is one, and finishes the request if its last part ended by it. Returns the number of parts visited.
local function walkOn(requestId, most)
  local visited = 0
  while visited < most and redis.call('HEXISTS', key('req:' .. requestId), 'walk') == 1 do
    visited = visited + visitSome(requestId, most - visited)
  end
  finishIfAllEnded(requestId)
  return visited
end
