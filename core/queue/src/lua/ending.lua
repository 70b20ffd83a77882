-- How requests and parts end. Needs gate.lua.
local function requestSubject(id, pipeline)
  return '{"pipeline":' .. cjson.encode(pipeline) .. ',"request":"' .. id .. '"}'
end

-- Ends a request that has not ended. `fields`: further names and values of the record. The finish flow of a joining request tells the
-- client itself (and stays tracked until it has); any other end needs its own trigger.
local function endRequest(id, state, data, fields)
  local record = key('req:' .. id)
  local was = redis.call('HMGET', record, 'state', 'corr', 'pipeline')
  local endEvent, at = event('request.' .. state, was[2], requestSubject(id, was[3]), data)
  redis.call('HSET', record, 'state', state, 'endedAt', at, 'endEvent', endEvent)
  if #fields > 0 then redis.call('HSET', record, unpack(fields)) end
  redis.call('ZADD', key('ended'), at, 'req:' .. id)
  untrack('mediate:' .. id)
  if was[1] ~= 'joining' then trigger('notify', id) end
end

local function endPart(id, part, outcome)
  redis.call('HSET', key('part:' .. id), 'state', outcome.state, 'runMs', outcome.runMs)
  local data = '{"state":"' .. outcome.state .. '","attempt":' .. part.attempt .. ',"runMs":' .. outcome.runMs
  if outcome.failure ~= '' then
    redis.call('HSET', key('part:' .. id), 'failure', outcome.failure)
    data = data .. ',"failure":' .. outcome.failure
  end
  if outcome.log ~= '' then
    redis.call('HSET', key('part:' .. id), 'log', outcome.log)
    data = data .. ',"log":' .. cjson.encode(outcome.log)
  end
  local _, at = event('part.ended', part.corr, partSubject(id, part), data .. '}')
  redis.call('HSET', key('part:' .. id), 'endedAt', at)
  redis.call('HINCRBY', key('req:' .. part.request), 'ended', 1)
end

-- Ends what has not been submitted, and marks the rest for the keeper. Returns nothing; the caller pumps.
local function cancelParts(requestId, failure)
  local total = tonumber(redis.call('HGET', key('req:' .. requestId), 'total') or 0)
  for index = 0, total - 1 do
    local id = requestId .. '-' .. index
    local part = partOf(id)
    if part.state == 'parked' or part.state == 'granted' then
      -- `granted` means that no intent is stored, so no call can be under way: `intend` would be refused from now on.
      if part.state == 'parked' then leave(id, part.class) else freeSlot(id, part.class) end
      endPart(id, part, { state = 'cancelled', failure = failure, runMs = '0', log = '' })
    elseif part.state == 'submitting' or part.state == 'running' then
      redis.call('HSET', key('part:' .. id), 'state', 'cancelling', 'cancel', '1')
      event('part.cancelling', part.corr, partSubject(id, part), '{}')
      if part.run then redis.call('ZADD', key('gate:cancels'), text(now()), id) end
    end
  end
end

-- With the last part: a cancelled request ends here, any other goes to the finish flow.
local function finishIfAllEnded(requestId)
  local record = redis.call('HMGET', key('req:' .. requestId), 'state', 'total', 'ended', 'cancelBy', 'corr', 'pipeline')
  if tonumber(record[3]) < tonumber(record[2]) then return end
  if record[4] then
    endRequest(requestId, 'cancelled', '{"by":' .. cjson.encode(record[4]) .. '}', {})
  elseif record[1] == 'running' then
    redis.call('HSET', key('req:' .. requestId), 'state', 'joining')
    event('request.joining', record[5], requestSubject(requestId, record[6]), '{}')
    trigger('finish', requestId)
  end
end
