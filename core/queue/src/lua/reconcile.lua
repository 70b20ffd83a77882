-- include: common, gate
-- Counts again what holds slots and what waits, corrects the counters, and tells of every difference.
-- KEYS[1] prefix · ARGV[1] correlation id
-- Returns { grants made, budget, differences (flat: dimension, of, counted, actual), holders (flat: id, run or '') }
local holdsSlot = { granted = true, submitting = true, running = true, cancelling = true }
local use, waiting, holders, differences = {}, {}, {}, {}

local function add(to, class, times)
  for _, claim in ipairs(claimsOf(class)) do
    to[claim.dimension] = (to[claim.dimension] or 0) + (times or claim.weight)
  end
end

local seen = {}
for _, set in ipairs({ 'gate:holding', 'gate:lease', 'gate:watch' }) do
  for _, id in ipairs(redis.call('ZRANGE', key(set), 0, -1)) do
    local part = not seen[id] and partOf(id)
    if part and holdsSlot[part.state] then
      seen[id] = true
      add(use, part.class)
      redis.call('ZADD', key('gate:holding'), 'NX', redis.call('HGET', key('part:' .. id), 'grantedAt') or text(now()), id)
      holders[#holders + 1] = id
      holders[#holders + 1] = part.run or ''
    elseif not seen[id] then
      -- Ended or gone: a place in a set is not a slot.
      redis.call('ZREM', key(set), id)
    end
  end
end
for _, class in ipairs(redis.call('SMEMBERS', key('gate:classes'))) do
  add(waiting, class, redis.call('ZCARD', key('gate:wait:' .. class)))
  forgetClass(class)
end

local function heal(name, of, actual)
  local counted = redis.call('HGETALL', key(name))
  local all = {}
  for at = 1, #counted, 2 do all[counted[at]] = tonumber(counted[at + 1]) end
  for dimension in pairs(actual) do all[dimension] = all[dimension] or 0 end
  for dimension, was in pairs(all) do
    local is = not periodOf(dimension) and actual[dimension] or 0
    if of == 'waiting' then is = actual[dimension] or 0 end
    if was ~= is then
      redis.call('HSET', key(name), dimension, text(is))
      markDirty(dimension)
      local data = '{"dimension":"' .. dimension .. '","of":"' .. of .. '","counted":' .. text(was) .. ',"actual":' .. text(is) .. '}'
      event('gate.drift', ARGV[1], '{}', data)
      for _, value in ipairs({ dimension, of, text(was), text(is) }) do differences[#differences + 1] = value end
    end
  end
end
heal('gate:use', 'use', use)
heal('gate:waiting', 'waiting', waiting)

-- Tenants that wait for nothing and are no turn ahead begin anew anyway.
local turn = tonumber(redis.call('GET', key('gate:turn')) or 0)
local turns = redis.call('HGETALL', key('gate:turns'))
for at = 1, #turns, 2 do
  local waits = tonumber(redis.call('HGET', key('gate:waiting'), 'tn:' .. turns[at]) or 0)
  if waits == 0 and turns[at] ~= '-' and tonumber(turns[at + 1]) <= turn then redis.call('HDEL', key('gate:turns'), turns[at]) end
end
local budget = 1000
return { pump(budget), budget, differences, holders }
