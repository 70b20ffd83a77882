-- What a class claims, and how much room a dimension has: limit that stands, less what our parts hold, less what others take.
local UNLIMITED = 1e15

local parsed = {}
local function claimsOf(class)
  local claims = parsed[class]
  if claims then return claims end
  claims = {}
  for dimension, weight in string.gmatch(class, '([^|=]+)=(%d+)') do
    claims[#claims + 1] = { dimension = dimension, weight = tonumber(weight) }
  end
  parsed[class] = claims
  return claims
end

local function weightOn(class, dimension)
  for _, claim in ipairs(claimsOf(class)) do
    if claim.dimension == dimension then return claim.weight end
  end
end

-- Counts what was granted within a time, instead of what is held: `quota:main:runs-per-hour`.
local periods = { minute = 60000, hour = 3600000, day = 86400000 }
local function periodOf(dimension)
  return periods[string.match(dimension, '^quota:.+%-per%-(%a+)$') or '']
end

-- Limit, use and what others take of several dimensions, in a number of calls that does not grow with theirs.
local function roomsOf(dimensions)
  local limits = redis.call('HMGET', key('gate:limit'), unpack(dimensions))
  local ends = redis.call('HMGET', key('gate:open-until'), unpack(dimensions))
  local uses = redis.call('HMGET', key('gate:use'), unpack(dimensions))
  local taken = redis.call('HMGET', key('gate:taken'), unpack(dimensions))
  local at = now()
  local rooms = {}
  for index = 1, #dimensions do
    local limit = tonumber(limits[index] or UNLIMITED)
    -- A window is over when its time is over, also while nobody is there to say so.
    if ends[index] and at >= tonumber(ends[index]) then limit = 0 end
    local use, other = tonumber(uses[index] or 0), tonumber(taken[index] or 0)
    rooms[index] = { limit = limit, use = use, taken = other, room = limit - use - other }
  end
  return rooms
end

local function roomIn(dimension)
  return roomsOf({ dimension })[1]
end

local function room(dimension)
  return roomIn(dimension).room
end

-- The limit by hand or as declared, closed or not; nil = unlimited.
local function standing(dimension)
  local limit = redis.call('HGET', key('gate:by-hand-limit'), dimension) or redis.call('HGET', key('gate:declared'), dimension)
  return limit and tonumber(limit)
end

-- First claim that can never be granted, or not this month where the budget refuses: above the limit that stands. A limit of 0 is a pause: it is raised again, so nothing is impossible under it.
local function impossible(class)
  for _, claim in ipairs(claimsOf(class)) do
    local limit = standing(claim.dimension)
    if limit and limit > 0 and claim.weight > limit then return { 'impossible', claim.dimension, text(limit), text(claim.weight) } end
    if limit and string.sub(claim.dimension, 1, 4) == 'bud:' then
      local rule = redis.call('HGET', key('gate:rule'), claim.dimension)
      local left = room(claim.dimension)
      if rule and string.find(rule, '"over":"refuse"', 1, true) and claim.weight > left then
        return { 'over-budget', claim.dimension, text(math.max(0, left)), text(claim.weight) }
      end
    end
  end
end

-- Tenants come and go: a counter of theirs that is back at 0 is no entry.
local function count(name, dimension, change)
  local left = redis.call('HINCRBY', key(name), dimension, change)
  if left == 0 and string.sub(dimension, 1, 3) == 'tn:' then redis.call('HDEL', key(name), dimension) end
  return left
end

local function markDirty(dimension)
  if dimension ~= '*' then redis.call('SADD', key('gate:dirty'), dimension) end
end

local function changeTaken(dimension, change)
  if change == 0 then return end
  if redis.call('HINCRBY', key('gate:taken'), dimension, text(change)) == 0 then redis.call('HDEL', key('gate:taken'), dimension) end
  markDirty(dimension)
end
