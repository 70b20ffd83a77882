-- Beginning of every script. KEYS[1] is the prefix with its hash tag: all keys lie in one slot, so none of them is declared one by one.
-- Key forms: ../redis/keys.ts. `settings` (version, leaseMs, patienceMs, turnUs) stands before this text, see ../redis/scripts.ts. Time is always Redis' own.
local function key(name)
  return KEYS[1] .. ':' .. name
end

-- Another version keeps its state in other forms: nothing is read or written that would be taken for something else.
local version = redis.call('GET', key('version'))
if version and version ~= settings.version then
  return redis.error_reply('SLVERSION ' .. version .. ' is what this Redis holds, not ' .. settings.version)
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Numbers above 14 digits: Lua's own conversion would round them.
local function text(number)
  return string.format('%.0f', number)
end

-- Returns the id, and its milliseconds (text): the time that the record keeps too, so that state and history agree.
local function event(type, correlation, subject, data)
  local id = redis.call('XADD', key('log'), '*', 't', type, 'c', correlation, 's', subject, 'd', data)
  return id, string.match(id, '^%d+')
end

-- Triggers whose queue job the sweeper looks after; a submit is looked after by its lease instead.
local tracked = { mediate = true, finish = true, notify = true, build = true }

-- `alone`: not to be carried with others, see ../jobs/batches.ts.
local function trigger(kind, id, delayMs, alone)
  local nonce = redis.call('XADD', key('outbox'), '*', 'kind', kind, 'id', id, 'delay', text(delayMs or 0), 'alone', alone and '1' or '')
  if tracked[kind] then
    redis.call('HSET', key('triggers'), kind .. ':' .. id, nonce)
    redis.call('ZADD', key('open'), text(now()), kind .. ':' .. id)
  end
  return nonce
end

local function untrack(work)
  if redis.call('ZREM', key('open'), work) == 0 then return end
  redis.call('HDEL', key('triggers'), work)
  redis.call('HDEL', key('retriggers'), work)
end
