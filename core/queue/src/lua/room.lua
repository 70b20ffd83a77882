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

-- Rooms read while the pump grants, which changes `use` and `taken` of some of them and nothing else; nil while nobody grants.
local known = nil

-- Limit, use and what others take of several dimensions, in a number of calls that does not grow with theirs.
local function readRooms(dimensions)
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
    if known then known[dimensions[index]] = rooms[index] end
  end
  return rooms
end

local function roomsOf(dimensions)
  if not known then return readRooms(dimensions) end
  local missing = {}
  for _, dimension in ipairs(dimensions) do
    if not known[dimension] then missing[#missing + 1] = dimension end
  end
  if #missing > 0 then readRooms(missing) end
  local rooms = {}
  for index, dimension in ipairs(dimensions) do rooms[index] = known[dimension] end
  return rooms
end

local function changeKnown(field, dimension, change)
  local stands = known and known[dimension]
  if not stands then return end
  stands[field] = stands[field] + change
  stands.room = stands.room - change
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
  local claims = claimsOf(class)
  local names = {}
  for index, claim in ipairs(claims) do names[index] = claim.dimension end
  local byHand = redis.call('HMGET', key('gate:by-hand-limit'), unpack(names))
  local declared = redis.call('HMGET', key('gate:declared'), unpack(names))
  for index, claim in ipairs(claims) do
    local limit = byHand[index] or declared[index]
    limit = limit and tonumber(limit)
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

-- Changes counters of several dimensions, in a number of calls that does not grow with theirs. Tenants come and go: a counter of theirs that
-- is back at 0 is no entry. Returns what each stands at.
local function countAll(name, changes)
  if #changes == 0 then return {} end
  local names, lefts, fields, gone = {}, {}, {}, {}
  for index, change in ipairs(changes) do names[index] = change.dimension end
  for index, stands in ipairs(redis.call('HMGET', key(name), unpack(names))) do
    local dimension, by = changes[index].dimension, changes[index].by
    local left = tonumber(stands or 0) + by
    lefts[index] = left
    if name == 'gate:use' then changeKnown('use', dimension, by) end
    if left == 0 and string.sub(dimension, 1, 3) == 'tn:' then
      gone[#gone + 1] = dimension
    else
      fields[#fields + 1] = dimension
      fields[#fields + 1] = text(left)
    end
  end
  if #fields > 0 then redis.call('HSET', key(name), unpack(fields)) end
  if #gone > 0 then redis.call('HDEL', key(name), unpack(gone)) end
  return lefts
end

-- Where no class is blocked nobody needs to be told of room; the global one blocks none.
local function markDirty(dimension)
  if dimension ~= '*' and redis.call('EXISTS', key('gate:weights:' .. dimension)) == 1 then redis.call('SADD', key('gate:dirty'), dimension) end
end

local function changeTaken(dimension, change)
  if change == 0 then return end
  changeKnown('taken', dimension, change)
  if redis.call('HINCRBY', key('gate:taken'), dimension, text(change)) == 0 then redis.call('HDEL', key('gate:taken'), dimension) end
  markDirty(dimension)
end
