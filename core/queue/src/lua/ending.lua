-- include: gate
-- How requests and parts end.
local function requestSubject(id, pipeline)
  return '{"pipeline":' .. cjson.encode(pipeline) .. ',"request":"' .. id .. '"}'
end

-- A walk over all parts of a request, in steps of its own script (walk.lua): `cancel` ends what has not been submitted and marks the rest for
-- the keeper, `deadline` lets fail what has not been submitted, `retry` takes up again what did not succeed. What the first two have not come to
-- yet is neither granted nor submitted. A cancel takes the place of any other, and finds what a retry has not taken up yet from `again` on.
local function beginWalk(id, kind, failure, hint)
  local record = key('req:' .. id)
  local was = redis.call('HMGET', record, 'walk', 'walked')
  if was[1] == 'cancel' then return end
  if was[1] == 'retry' then redis.call('HSET', record, 'again', was[2]) end
  redis.call('HSET', record, 'walk', kind, 'walked', 0, 'walkFailure', failure, 'walkHint', hint)
  redis.call('ZADD', key('walks'), text(now()), id)
  -- What has not come to the gate yet does not come any more.
  redis.call('HDEL', record, 'entered')
  untrack('mediate:' .. id)
end

local function endWalk(id)
  redis.call('HDEL', key('req:' .. id), 'walk', 'walked', 'walkFailure', 'walkHint', 'again')
  redis.call('ZREM', key('walks'), id)
end

-- From here on nothing shares the request, and no deadline ends it.
local function closeRequest(id, deadline, walk, coalesce)
  if deadline then dropChange('deadline|' .. id) end
  if walk then endWalk(id) end
  untrack('mediate:' .. id)
  if coalesce and redis.call('GET', key('coalesce:' .. coalesce)) == id then redis.call('DEL', key('coalesce:' .. coalesce)) end
end

-- Ends a request that has not ended. `fields`: further names and values of the record. The finish flow of a joining request tells the
-- client itself (and stays tracked until it has); any other end needs its own trigger.
local function endRequest(id, state, data, fields)
  local record = key('req:' .. id)
  local was = redis.call('HMGET', record, 'state', 'corr', 'pipeline', 'deadline', 'walk', 'coalesce')
  local endEvent, at = event('request.' .. state, was[2], requestSubject(id, was[3]), data)
  redis.call('HSET', record, 'state', state, 'endedAt', at, 'endEvent', endEvent, unpack(fields))
  redis.call('ZADD', key('ended'), at, 'req:' .. id)
  closeRequest(id, was[4], was[5], was[6])
  if was[1] ~= 'joining' then trigger('notify', id) end
end

-- Run times of the operation, newest first: what estimates of time and cost are made from.
local RUNS_KEPT = 64
local function remember(class, runMs)
  local operation = string.match(class, 'op:([^=|]+)=')
  if not operation or runMs <= 0 then return end
  local kept = redis.call('LPUSH', key('gate:ran:' .. operation), text(runMs))
  if kept >= 2 * RUNS_KEPT then redis.call('LTRIM', key('gate:ran:' .. operation), 0, RUNS_KEPT - 1) end
end

-- What the run times of all its attempts cost: booked to the part, the request and the budgets it claims. Returns it, or nil without a price.
local function meter(id, part, runMs)
  if not part.price then return nil end
  local facts = redis.call('HMGET', key('part:' .. id), 'priorMs', 'booked')
  -- A part that is run again has paid for its earlier attempts already.
  local cost = math.ceil((runMs + tonumber(facts[1] or 0)) * tonumber(part.price) / 3600000)
  local total = cost + tonumber(facts[2] or 0)
  redis.call('HDEL', key('part:' .. id), 'priorMs')
  redis.call('HSET', key('part:' .. id), 'cost', text(total), 'booked', text(total))
  redis.call('HINCRBY', key('req:' .. part.request), 'cost', text(cost))
  for _, claim in ipairs(claimsOf(part.class)) do
    if string.sub(claim.dimension, 1, 4) == 'bud:' then changeTaken(claim.dimension, cost) end
  end
  return total
end

local function endPart(id, part, outcome)
  local record = { 'state', outcome.state, 'runMs', outcome.runMs }
  local data = '{"state":"' .. outcome.state .. '","attempt":' .. part.attempt .. ',"runMs":' .. outcome.runMs
  local runMs = tonumber(outcome.runMs)
  if outcome.state == 'succeeded' then remember(part.class, runMs) end
  local cost = meter(id, part, runMs)
  if cost then data = data .. ',"costMicros":' .. text(cost) end
  if outcome.failure ~= '' then
    record[#record + 1] = 'failure'
    record[#record + 1] = outcome.failure
    data = data .. ',"failure":' .. outcome.failure
  end
  if outcome.log ~= '' then
    record[#record + 1] = 'log'
    record[#record + 1] = outcome.log
    data = data .. ',"log":' .. cjson.encode(outcome.log)
  end
  local _, at = event('part.ended', part.corr, partSubject(id, part), data .. '}')
  redis.call('HSET', key('part:' .. id), 'endedAt', at, unpack(record))
  redis.call('HINCRBY', key('req:' .. part.request), 'ended', 1)
end

-- A part that is parked, or has a slot and no intent yet (so that no call can be under way: `intend` would be refused from now on).
local function endUnsubmitted(id, part, outcome)
  if part.later then tellParked(id, part) end
  if part.state == 'parked' then leave(id, part.class) else freeSlot(id, part) end
  endPart(id, part, { state = outcome.state, failure = outcome.failure, runMs = '0', log = '' })
end

-- Ends a part that has not been submitted (true), or marks it for the keeper.
local function cancelPart(id, part, failure)
  if part.state == 'parked' or part.state == 'granted' then
    endUnsubmitted(id, part, { state = 'cancelled', failure = failure })
    return true
  elseif part.state == 'submitting' or part.state == 'running' then
    redis.call('HSET', key('part:' .. id), 'state', 'cancelling', 'cancel', '1')
    event('part.cancelling', part.corr, partSubject(id, part), '{}')
    if part.run then redis.call('ZADD', key('gate:cancels'), text(now()), id) end
  end
end

-- A part did not succeed: cancels the others with the one that leaves too few of them. Returns whether that was this one.
local function partLost(requestId, failure)
  local request = redis.call('HMGET', key('req:' .. requestId), 'total', 'needed')
  local lost = redis.call('HINCRBY', key('req:' .. requestId), 'lost', 1)
  if tonumber(request[1]) - lost ~= tonumber(request[2] or request[1]) - 1 then return false end
  beginWalk(requestId, 'cancel', failure, '')
  return true
end

-- With the last part: a cancelled request ends here, any other goes to the finish flow.
local function finishIfAllEnded(requestId)
  local record = redis.call('HMGET', key('req:' .. requestId), 'state', 'total', 'ended', 'cancelBy', 'corr', 'pipeline', 'deadline', 'walk', 'coalesce')
  if tonumber(record[3]) < tonumber(record[2]) then return end
  if record[1] == 'cancelling' then
    endRequest(requestId, 'cancelled', '{"by":' .. cjson.encode(record[4]) .. '}', {})
  elseif record[1] == 'running' then
    redis.call('HSET', key('req:' .. requestId), 'state', 'joining')
    event('request.joining', record[5], requestSubject(requestId, record[6]), '{}')
    closeRequest(requestId, record[7], record[8], record[9])
    trigger('finish', requestId)
  end
end
