-- The gate: where parked parts wait for room in every dimension they claim.
-- A class is its claim, `*=1|op:daily=2|ws:local=1`: parts of one class compete for the same room, so only the first of each is ever looked
-- at. A class whose first part may fit is in `gate:heads`; one found without room is in the set of the dimension (and weight) without room.
local UNLIMITED = 1e15

local function limitOf(dimension)
  return tonumber(redis.call('HGET', key('gate:limit'), dimension) or UNLIMITED)
end

local function useOf(dimension)
  return tonumber(redis.call('HGET', key('gate:use'), dimension) or 0)
end

local function room(dimension)
  return limitOf(dimension) - useOf(dimension)
end

local function claimsOf(class)
  local claims = {}
  for dimension, weight in string.gmatch(class, '([^|=]+)=(%d+)') do
    claims[#claims + 1] = { dimension = dimension, weight = tonumber(weight) }
  end
  return claims
end

local function weightOn(class, dimension)
  for _, claim in ipairs(claimsOf(class)) do
    if claim.dimension == dimension then return claim.weight end
  end
end

local function headOf(class)
  local head = redis.call('ZRANGE', key('gate:wait:' .. class), 0, 0, 'WITHSCORES')
  return head[1], head[2]
end

local function block(class, dimension, score)
  local weight = weightOn(class, dimension)
  redis.call('ZADD', key('gate:blocked:' .. dimension .. ':' .. weight), score, class)
  redis.call('SADD', key('gate:weights:' .. dimension), weight)
  redis.call('HSET', key('gate:blocked-by'), class, dimension)
end

local function unblock(class, dimension)
  local weight = weightOn(class, dimension)
  local blocked = key('gate:blocked:' .. dimension .. ':' .. weight)
  redis.call('ZREM', blocked, class)
  if redis.call('EXISTS', blocked) == 0 then redis.call('SREM', key('gate:weights:' .. dimension), weight) end
  redis.call('HDEL', key('gate:blocked-by'), class)
end

-- A class that waited past the patience reserves the dimension it is too heavy for, so that lighter ones cannot starve it.
local function heldBy(dimension)
  return redis.call('HGET', key('gate:held'), dimension)
end

local function dropHolds(class)
  if redis.call('EXISTS', key('gate:held')) == 0 then return end
  for _, claim in ipairs(claimsOf(class)) do
    if heldBy(claim.dimension) == class then
      redis.call('HDEL', key('gate:held'), claim.dimension)
      redis.call('SADD', key('gate:dirty'), claim.dimension)
    end
  end
end

local function isOutOfPatience(class)
  local parkedAt = redis.call('HGET', key('part:' .. headOf(class)), 'parkedAt')
  return now() - tonumber(parkedAt) >= settings.patienceMs
end

-- Best of the classes blocked on the dimension that now fit it; nil when none does.
local function bestBlocked(dimension)
  local free = room(dimension)
  local first, firstScore, fitting, fittingScore
  for _, weight in ipairs(redis.call('SMEMBERS', key('gate:weights:' .. dimension))) do
    local top = redis.call('ZRANGE', key('gate:blocked:' .. dimension .. ':' .. weight), 0, 0, 'WITHSCORES')
    if top[1] then
      local score = tonumber(top[2])
      if not first or score < tonumber(firstScore) then first, firstScore = top[1], top[2] end
      if tonumber(weight) <= free and (not fitting or score < tonumber(fittingScore)) then fitting, fittingScore = top[1], top[2] end
    end
  end
  if not first then return nil end
  local holder = heldBy(dimension)
  if not holder and fitting ~= first and isOutOfPatience(first) then
    redis.call('HSET', key('gate:held'), dimension, first)
    holder = first
  end
  if holder and fitting ~= holder then
    if redis.call('HGET', key('gate:blocked-by'), holder) ~= dimension or weightOn(holder, dimension) > free then return nil end
    local _, score = headOf(holder)
    return holder, score
  end
  return fitting, fittingScore
end

-- The class to look at next and where it stands: '' = heads, else the dimension that blocked it.
local function bestCandidate()
  local head = redis.call('ZRANGE', key('gate:heads'), 0, 0, 'WITHSCORES')
  local best, bestScore, source = head[1], head[2], ''
  for _, dimension in ipairs(redis.call('SMEMBERS', key('gate:dirty'))) do
    local class, score = bestBlocked(dimension)
    if not class then
      redis.call('SREM', key('gate:dirty'), dimension)
    elseif not best or tonumber(score) < tonumber(bestScore) then
      best, bestScore, source = class, score, dimension
    end
  end
  return best, bestScore, source
end

-- First dimension without room for the class, the global one apart.
local function blockerOf(class)
  for _, claim in ipairs(claimsOf(class)) do
    if claim.dimension ~= '*' then
      local holder = heldBy(claim.dimension)
      if claim.weight > room(claim.dimension) or (holder and holder ~= class) then return claim.dimension end
    end
  end
end

local function partSubject(id, part)
  local subject = '{"pipeline":' .. cjson.encode(part.pipeline) .. ',"request":"' .. part.request .. '","part":"' .. id .. '"'
  if part.run then subject = subject .. ',"run":' .. cjson.encode(part.run) end
  return subject .. '}'
end

local function partOf(id)
  local fields = redis.call('HMGET', key('part:' .. id), 'state', 'class', 'request', 'corr', 'pipeline', 'runId', 'attempt')
  if not fields[1] then return nil end
  return {
    state = fields[1], class = fields[2], request = fields[3], corr = fields[4], pipeline = fields[5], run = fields[6], attempt = fields[7],
  }
end

-- Tells why a part waits, once per dimension that it comes to wait for.
local function noteWaiting(id, dimension, ahead)
  if redis.call('HGET', key('part:' .. id), 'waitsFor') == dimension then return end
  local reason = '"dimension":"' .. dimension .. '","limit":' .. text(limitOf(dimension)) .. ',"inUse":' .. text(useOf(dimension))
  redis.call('HSET', key('part:' .. id), 'waitsFor', dimension, 'waiting', '{' .. reason .. '}')
  local part = partOf(id)
  event('part.waiting', part.corr, partSubject(id, part), '{' .. reason .. ',"ahead":' .. ahead .. '}')
end

local function countWaiting(class, change)
  for _, claim in ipairs(claimsOf(class)) do redis.call('HINCRBY', key('gate:waiting'), claim.dimension, change) end
end

local function enter(id, class, score)
  redis.call('ZADD', key('gate:wait:' .. class), score, id)
  countWaiting(class, 1)
  if headOf(class) ~= id then return end
  local dimension = redis.call('HGET', key('gate:blocked-by'), class)
  if dimension then block(class, dimension, score) else redis.call('ZADD', key('gate:heads'), score, class) end
end

-- Takes a parked part out of the gate; the caller pumps afterwards, because it may have been what others stood behind.
local function leave(id, class)
  local wasHead = headOf(class) == id
  redis.call('ZREM', key('gate:wait:' .. class), id)
  countWaiting(class, -1)
  if not wasHead then return end
  dropHolds(class)
  local nextId, nextScore = headOf(class)
  local dimension = redis.call('HGET', key('gate:blocked-by'), class)
  if dimension then
    unblock(class, dimension)
    if nextId then block(class, dimension, nextScore) end
  elseif nextId then
    redis.call('ZADD', key('gate:heads'), nextScore, class)
  else
    redis.call('ZREM', key('gate:heads'), class)
  end
end

local function grant(class)
  local id = redis.call('ZPOPMIN', key('gate:wait:' .. class))[1]
  for _, claim in ipairs(claimsOf(class)) do
    redis.call('HINCRBY', key('gate:use'), claim.dimension, claim.weight)
    redis.call('HINCRBY', key('gate:waiting'), claim.dimension, -1)
  end
  local waitedMs = now() - tonumber(redis.call('HGET', key('part:' .. id), 'parkedAt'))
  redis.call('ZADD', key('gate:lease'), text(now() + settings.leaseMs), id)
  local part = partOf(id)
  local _, at = event('part.granted', part.corr, partSubject(id, part), '{"waitedMs":' .. text(math.max(0, waitedMs)) .. '}')
  redis.call('HSET', key('part:' .. id), 'state', 'granted', 'grantedAt', at)
  trigger('submit', id)
  dropHolds(class)
  local nextId, nextScore = headOf(class)
  if nextId then redis.call('ZADD', key('gate:heads'), nextScore, class) end
end

-- Grants what fits, best score first, at most `budget` parts. Returns the number granted: the full budget means that more may fit.
local function pump(budget)
  local granted = 0
  while granted < budget and room('*') > 0 do
    local class, score, source = bestCandidate()
    if not class then break end
    local blocker = blockerOf(class)
    if source == '' then redis.call('ZREM', key('gate:heads'), class) else unblock(class, source) end
    if blocker then
      if source ~= '' then dropHolds(class) end
      block(class, blocker, score)
      noteWaiting(headOf(class), blocker, 0)
    elseif weightOn(class, '*') > room('*') then
      -- Strict order on the global limit: what comes first waits for its room, and nothing overtakes it.
      redis.call('ZADD', key('gate:heads'), score, class)
      break
    else
      grant(class)
      granted = granted + 1
    end
  end
  return granted
end

-- The slot is the run's: called where a part ends, and nowhere else.
local function freeSlot(id, class)
  for _, claim in ipairs(claimsOf(class)) do
    redis.call('HINCRBY', key('gate:use'), claim.dimension, -claim.weight)
    if claim.dimension ~= '*' then redis.call('SADD', key('gate:dirty'), claim.dimension) end
  end
  redis.call('ZREM', key('gate:lease'), id)
  redis.call('ZREM', key('gate:watch'), id)
  redis.call('ZREM', key('gate:cancels'), id)
end
