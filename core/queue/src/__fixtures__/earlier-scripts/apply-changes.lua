-- include: common, ending, closures
-- Carries out what is due, oldest first, at most 64 at once. Windows and months are worked out by the caller, and stay until it has.
-- KEYS[1] prefix · ARGV[1] correlation id  [2] hint of a deadline (JSON string)  [3] failure of siblings (JSON)
-- Returns { now, next due or '', grants made, budget, rows: 'window', dimension, rule | 'month', '', '' }
local at = now()
local rows = {}

local function startPart(id)
  local part = key('part:' .. id)
  if redis.call('HDEL', part, 'later') == 0 then return end
  local facts = redis.call('HMGET', part, 'class', 'headStart')
  redis.call('HDEL', part, 'waitsFor', 'waiting')
  enter(id, facts[1], facts[2])
  return facts[1]
end

local function reasonOf(id, part)
  if part.state ~= 'parked' then return 'had a slot and was not submitted yet' end
  if part.later then return 'was not to start yet' end
  local dimension = waitsFor(part.class)
  if not dimension then return 'waited for its turn' end
  local stands = roomIn(dimension)
  local limit = stands.limit < UNLIMITED and text(stands.limit) or 'none'
  return 'waited for ' .. dimension .. ' (limit ' .. limit .. ', in use ' .. text(stands.use + stands.taken) .. ')'
end

local function failureText(message)
  return '{"code":"request.deadline","kind":"user","message":' .. cjson.encode(message) .. ',"hint":' .. ARGV[2] .. '}'
end

-- What runs goes on: a deadline is about the start.
local function meetDeadline(id)
  local record = redis.call('HMGET', key('req:' .. id), 'state', 'total')
  if record[1] == 'accepted' or record[1] == 'mediating' then
    local failure = failureText('the deadline of ' .. id .. ' passed before it was mediated')
    return endRequest(id, 'failed', '{"failure":' .. failure .. '}', { 'failure', failure })
  end
  if record[1] ~= 'running' then return end
  for index = 0, tonumber(record[2]) - 1 do
    local partId = id .. '-' .. index
    local part = partOf(partId)
    if part.state == 'parked' or part.state == 'granted' then
      local failure = failureText('the deadline of ' .. partId .. ' passed while it ' .. reasonOf(partId, part))
      endUnsubmitted(partId, part, { state = 'failed', failure = failure })
      partLost(id, ARGV[3])
    end
  end
  finishIfAllEnded(id)
end

local function endRate(dimension, bucket)
  local places = tonumber(redis.call('HGET', key('gate:rate:' .. dimension), bucket) or 0)
  redis.call('HDEL', key('gate:rate:' .. dimension), bucket)
  changeTaken(dimension, -places)
end

local started = {}
for _, name in ipairs(redis.call('ZRANGE', key('gate:changes'), '-inf', text(at), 'BYSCORE', 'LIMIT', 0, 64)) do
  local kind, subject, detail = string.match(name, '^(%a+)|([^|]*)|?(.*)$')
  if kind == 'window' then
    rows[#rows + 1] = 'window'
    rows[#rows + 1] = subject
    rows[#rows + 1] = redis.call('HGET', key('gate:rule'), subject) or ''
  elseif kind == 'month' then
    rows[#rows + 1] = 'month'
    rows[#rows + 1] = ''
    rows[#rows + 1] = ''
  else
    dropChange(name)
    if kind == 'start' then started[subject] = startPart(subject) end
    if kind == 'deadline' then meetDeadline(subject) end
    if kind == 'rate' then endRate(subject, detail) end
    if kind == 'end' then openDimension(subject, detail, 'time', ARGV[1]) end
  end
end

local budget = 256
local granted = pump(budget)
for id, class in pairs(started) do
  local ahead = redis.call('ZRANK', key('gate:wait:' .. class), id)
  local blocker = ahead and waitsFor(class)
  if blocker then noteWaiting(id, blocker, ahead) end
end
local next = redis.call('ZRANGE', key('gate:changes'), 0, 0, 'WITHSCORES')
return { text(at), next[2] and text(tonumber(next[2])) or '', granted, budget, unpack(rows) }
