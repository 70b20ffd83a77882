-- A part as its events show it.
local function partSubject(id, part)
  local subject = '{"pipeline":' .. cjson.encode(part.pipeline) .. ',"request":"' .. part.request .. '","part":"' .. id .. '"'
  if part.run then subject = subject .. ',"run":' .. cjson.encode(part.run) end
  return subject .. '}'
end

local function partOf(id)
  local fields = redis.call('HMGET', key('part:' .. id), 'state', 'class', 'request', 'corr', 'pipeline', 'runId', 'attempt', 'later', 'price')
  if not fields[1] then return nil end
  return {
    state = fields[1], class = fields[2], request = fields[3], corr = fields[4], pipeline = fields[5], run = fields[6], attempt = fields[7],
    later = fields[8], price = fields[9],
  }
end

-- A part of a large split is told when it comes to the gate, or when it ends before that. Returns whether that was now.
local function tellParked(id, part)
  local record = key('part:' .. id)
  local news = redis.call('HGET', record, 'news')
  if not news then return false end
  redis.call('HDEL', record, 'news')
  local _, parkedAt = event('part.parked', part.corr, partSubject(id, part), news)
  redis.call('HSET', record, 'parkedAt', parkedAt)
  return true
end
