-- include: room, turns, part, changes
-- The gate: where parked parts wait for room in every dimension they claim.
-- A class is its claim, `*=1|op:daily=2|ws:local=1`: parts of one class compete for the same room, so only the first of each is ever looked
-- at. A class whose first part may fit is in the line `gate:heads`; one found without room is in that of the dimension (and weight) without room.
local function headOf(class)
  local head = redis.call('ZRANGE', key('gate:wait:' .. class), 0, 0, 'WITHSCORES')
  return head[1], head[2]
end

local function block(class, dimension, score)
  local weight = weightOn(class, dimension)
  addToLine(key('gate:blocked:' .. dimension .. ':' .. weight), class, score)
  redis.call('SADD', key('gate:weights:' .. dimension), weight)
  redis.call('HSET', key('gate:blocked-by'), class, dimension)
end

local function unblock(class, dimension)
  local weight = weightOn(class, dimension)
  local line = key('gate:blocked:' .. dimension .. ':' .. weight)
  removeFromLine(line, class)
  if redis.call('EXISTS', line) == 0 then redis.call('SREM', key('gate:weights:' .. dimension), weight) end
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

-- Not while the dimension is closed or can never hold it: nobody should wait behind that.
local function mayReserve(class, dimension)
  local parkedAt = redis.call('HGET', key('part:' .. headOf(class)), 'parkedAt')
  local limit = roomIn(dimension).limit
  return now() - tonumber(parkedAt) >= settings.patienceMs and limit > 0 and weightOn(class, dimension) <= limit
end

-- Best of the classes blocked on the dimension that now fit it; nil when none does.
local function bestBlocked(dimension)
  local weights = redis.call('SMEMBERS', key('gate:weights:' .. dimension))
  if #weights == 0 then return nil end
  local free = room(dimension)
  local first, firstRank, fitting, fittingScore, fittingRank
  for _, weight in ipairs(weights) do
    local class, score, standsAt = firstOfLine(key('gate:blocked:' .. dimension .. ':' .. weight))
    if class then
      if not first or standsAt < firstRank then first, firstRank = class, standsAt end
      if tonumber(weight) <= free and (not fitting or standsAt < fittingRank) then
        fitting, fittingScore, fittingRank = class, score, standsAt
      end
    end
  end
  if not first then return nil end
  local holder = heldBy(dimension)
  if not holder and fitting ~= first and mayReserve(first, dimension) then
    redis.call('HSET', key('gate:held'), dimension, first)
    holder = first
  end
  if holder and fitting ~= holder then
    if redis.call('HGET', key('gate:blocked-by'), holder) ~= dimension or weightOn(holder, dimension) > free then return nil end
    local _, score = headOf(holder)
    return holder, score, rank(tenantOf(holder), score)
  end
  return fitting, fittingScore, fittingRank
end

-- The class to look at next and where it stands: '' = heads, else the dimension that blocked it.
local function bestCandidate()
  local best, bestScore, bestRank = firstOfLine(key('gate:heads'))
  local source = ''
  for _, dimension in ipairs(redis.call('SMEMBERS', key('gate:dirty'))) do
    local class, score, standsAt = bestBlocked(dimension)
    if not class then
      redis.call('SREM', key('gate:dirty'), dimension)
    elseif not best or standsAt < bestRank then
      best, bestScore, bestRank, source = class, score, standsAt, dimension
    end
  end
  return best, bestScore, source
end

-- First dimension without room for the class, the global one apart; and its room there.
local function blockerOf(class)
  local claims = claimsOf(class)
  local names = {}
  for index, claim in ipairs(claims) do names[index] = claim.dimension end
  local rooms = roomsOf(names)
  local holders = redis.call('HMGET', key('gate:held'), unpack(names))
  for index, claim in ipairs(claims) do
    if claim.dimension ~= '*' and (claim.weight > rooms[index].room or (holders[index] and holders[index] ~= class)) then
      return claim.dimension, rooms[index]
    end
  end
end

-- What a part of the class waits for: the dimension that keeps it out, or nil when only its turn is missing.
local function waitsFor(class)
  local dimension = redis.call('HGET', key('gate:blocked-by'), class) or blockerOf(class)
  if not dimension and weightOn(class, '*') > room('*') then dimension = '*' end
  return dimension
end

-- Tells why a part waits, once per dimension that it comes to wait for.
local function noteWaiting(id, dimension, ahead)
  if redis.call('HGET', key('part:' .. id), 'waitsFor') == dimension then return end
  local stands = roomIn(dimension)
  local reason = '"dimension":"' .. dimension .. '","limit":' .. text(stands.limit) .. ',"inUse":' .. text(stands.use)
  redis.call('HSET', key('part:' .. id), 'waitsFor', dimension, 'waiting', '{' .. reason .. '}')
  local part = partOf(id)
  if stands.taken > 0 then reason = reason .. ',"taken":' .. text(stands.taken) end
  local limit = standing(dimension)
  if limit and limit > 0 and weightOn(part.class, dimension) > limit then reason = reason .. ',"impossible":true' end
  event('part.waiting', part.corr, partSubject(id, part), '{' .. reason .. ',"ahead":' .. ahead .. '}')
end

local function countWaiting(class, change)
  local changes = {}
  for index, claim in ipairs(claimsOf(class)) do changes[index] = { dimension = claim.dimension, by = change } end
  countAll('gate:waiting', changes)
end

local function forgetClass(class)
  if redis.call('EXISTS', key('gate:wait:' .. class)) == 0 then redis.call('SREM', key('gate:classes'), class) end
end

-- Arrival in microseconds, never the same twice and never backwards, so that a class is FIFO within one script and over clock steps.
local function nextArrival()
  local time = redis.call('TIME')
  local arrival = math.max(time[1] * 1e6 + time[2], tonumber(redis.call('GET', key('gate:arrival')) or 0) + 1)
  redis.call('SET', key('gate:arrival'), text(arrival))
  return arrival
end

local function enter(id, class, headStartUs)
  local tenant = tenantOf(class)
  local score = text(nextArrival() - tonumber(headStartUs))
  joinTurns(tenant)
  redis.call('ZADD', key('gate:wait:' .. class), score, id)
  redis.call('SADD', key('gate:classes'), class)
  countWaiting(class, 1)
  if headOf(class) ~= id then return end
  local dimension = redis.call('HGET', key('gate:blocked-by'), class)
  if dimension then block(class, dimension, score) else addToLine(key('gate:heads'), class, score) end
end

-- Takes a parked part out of the gate; the caller pumps afterwards, because it may have been what others stood behind.
local function leave(id, class)
  if redis.call('HDEL', key('part:' .. id), 'later') == 1 then return dropChange('start|' .. id) end
  local wasHead = headOf(class) == id
  redis.call('ZREM', key('gate:wait:' .. class), id)
  forgetClass(class)
  countWaiting(class, -1)
  if not wasHead then return end
  dropHolds(class)
  local nextId, nextScore = headOf(class)
  local dimension = redis.call('HGET', key('gate:blocked-by'), class)
  if dimension then
    unblock(class, dimension)
    if nextId then block(class, dimension, nextScore) end
  elseif nextId then
    addToLine(key('gate:heads'), class, nextScore)
  else
    removeFromLine(key('gate:heads'), class)
  end
end

local function giveSlot(id, class, part, facts)
  local uses = {}
  for _, claim in ipairs(claimsOf(class)) do
    if periodOf(claim.dimension) then
      spendRate(claim.dimension, claim.weight)
    else
      uses[#uses + 1] = { dimension = claim.dimension, by = claim.weight }
    end
  end
  countAll('gate:use', uses)
  takeTurn(tenantOf(class), facts.atOnce)
  local at = now()
  redis.call('ZADD', key('gate:lease'), text(at + settings.leaseMs), id)
  redis.call('ZADD', key('gate:holding'), text(at), id)
  local data = '{"waitedMs":' .. text(math.max(0, at - tonumber(facts.parkedAt))) .. '}'
  local _, grantedAt = event('part.granted', part.corr, partSubject(id, part), data)
  redis.call('HSET', key('part:' .. id), 'state', 'granted', 'grantedAt', grantedAt)
  trigger('submit', id)
end

-- Whether a cancel or a deadline of the request ends its parts step by step, and has not come to this one yet; see ending.lua.
local function isWalkedOver(requestId, index)
  local walk = redis.call('HMGET', key('req:' .. requestId), 'walk', 'walked')
  return (walk[1] == 'cancel' or walk[1] == 'deadline') and index >= tonumber(walk[2])
end

local function grant(class)
  local id = redis.call('ZPOPMIN', key('gate:wait:' .. class))[1]
  forgetClass(class)
  countWaiting(class, -1)
  local facts = redis.call('HMGET', key('part:' .. id), 'parkedAt', 'index')
  local part = partOf(id)
  if redis.call('EXISTS', key('walks')) == 1 and isWalkedOver(part.request, tonumber(facts[2])) then
    -- Out of the gate, for the walk to find it.
    redis.call('HSET', key('part:' .. id), 'later', '1')
  else
    giveSlot(id, class, part, { parkedAt = facts[1] })
  end
  dropHolds(class)
  local nextId, nextScore = headOf(class)
  if nextId then addToLine(key('gate:heads'), class, nextScore) end
end

-- Whether a part of the class that comes now would be granted before all others, and at once.
local function isFree(class)
  if redis.call('EXISTS', key('gate:heads'), key('gate:dirty'), key('gate:wait:' .. class)) > 0 then return false end
  return not blockerOf(class) and weightOn(class, '*') <= room('*')
end

-- As `enter` and `pump` for a part that nobody stands before, without the way through the lines.
local function grantAtOnce(id, class, part, parkedAt)
  giveSlot(id, class, part, { parkedAt = parkedAt, atOnce = true })
end

-- Grants what fits, best first, at most `budget` parts. Returns how many it took from the gate: the full budget means that more may fit.
local function pump(budget)
  local granted = 0
  known = nil
  if redis.call('EXISTS', key('gate:heads'), key('gate:dirty')) == 0 then return granted end
  known = {}
  while granted < budget and room('*') > 0 do
    local class, score, source = bestCandidate()
    if not class then break end
    local blocker = blockerOf(class)
    if source == '' then removeFromLine(key('gate:heads'), class) else unblock(class, source) end
    if blocker then
      if source ~= '' then dropHolds(class) end
      block(class, blocker, score)
      noteWaiting(headOf(class), blocker, 0)
    elseif weightOn(class, '*') > room('*') then
      -- Strict order on the global limit: what comes first waits for its room, and nothing overtakes it.
      addToLine(key('gate:heads'), class, score)
      break
    else
      grant(class)
      granted = granted + 1
    end
  end
  known = nil
  return granted
end

-- The slot is the run's: called where a part ends, and nowhere else.
local function freeSlot(id, part)
  local uses = {}
  for _, claim in ipairs(claimsOf(part.class)) do
    if not periodOf(claim.dimension) then uses[#uses + 1] = { dimension = claim.dimension, by = -claim.weight } end
  end
  local someoneIsBlocked = redis.call('EXISTS', key('gate:blocked-by')) == 1
  for index, left in ipairs(countAll('gate:use', uses)) do
    local dimension = uses[index].dimension
    if someoneIsBlocked then markDirty(dimension) end
    if left == 0 and redis.call('HEXISTS', key('gate:closed:' .. dimension), 'drain') == 1 then
      event('gate.drained', part.corr, '{}', '{"dimension":"' .. dimension .. '"}')
    end
  end
  redis.call('ZREM', key('gate:holding'), id)
  redis.call('ZREM', key('gate:watch'), id)
  -- A lease ends with `bind`, and nothing that runs is to be cancelled.
  if part.state == 'running' then return end
  redis.call('ZREM', key('gate:lease'), id)
  redis.call('ZREM', key('gate:cancels'), id)
end
