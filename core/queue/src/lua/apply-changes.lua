-- include: common, walk, closures
-- Carries out what is due, oldest first, at most 64 at once; deadlines of large requests in steps, see ../lanes/walk.ts. Windows and months are worked out by the caller, and stay until it has.
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

local parts = PARTS_PER_STEP

-- What runs goes on: a deadline is about the start.
local function meetDeadline(id)
  local state = redis.call('HGET', key('req:' .. id), 'state')
  if state == 'accepted' or state == 'mediating' then
    local failure = deadlineFailure('the deadline of ' .. id .. ' passed before it was mediated', ARGV[2])
    return endRequest(id, 'failed', '{"failure":' .. failure .. '}', { 'failure', failure })
  end
  if state ~= 'running' then return end
  beginWalk(id, 'deadline', ARGV[3], ARGV[2])
  parts = parts - walkOn(id, parts)
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
