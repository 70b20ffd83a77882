-- A part as its events show it.
local function partSubject(id, part)
  local subject = '{"pipeline":' .. cjson.encode(part.pipeline) .. ',"request":"' .. part.request .. '","part":"' .. id .. '"'
  if part.run then subject = subject .. ',"run":' .. cjson.encode(part.run) end
  return subject .. '}'
end

local function partOf(id)
  local fields = redis.call('HMGET', key('part:' .. id), 'state', 'class', 'request', 'corr', 'pipeline', 'runId', 'attempt', 'later')
  if not fields[1] then return nil end
  return {
    state = fields[1], class = fields[2], request = fields[3], corr = fields[4], pipeline = fields[5], run = fields[6], attempt = fields[7],
    later = fields[8],
  }
end
