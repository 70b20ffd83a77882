-- Lines: sets of classes whose best one goes first, tenants in turns. A line is a ZSET of tenants, by turns taken and by the score of their best
-- class, and per tenant a ZSET of classes by score. Between tenants the turn decides, within one the score; a turn weighs as much as
-- `settings.turnUs` of waiting, so that nobody starves behind ever new tenants.
local function tenantOf(class)
  return string.match(class, 'tn:([^=|]+)=') or '-'
end

local function turnsOf(tenant)
  return tonumber(redis.call('HGET', key('gate:turns'), tenant) or 0)
end

local function rank(tenant, score)
  return turnsOf(tenant) * settings.turnUs + tonumber(score)
end

local function refreshLine(line, tenant)
  local first = redis.call('ZRANGE', line .. ':' .. tenant, 0, 0, 'WITHSCORES')
  if first[1] then redis.call('ZADD', line, text(rank(tenant, first[2])), tenant) else redis.call('ZREM', line, tenant) end
end

local function addToLine(line, class, score)
  local tenant = tenantOf(class)
  redis.call('ZADD', line .. ':' .. tenant, score, class)
  refreshLine(line, tenant)
end

local function removeFromLine(line, class)
  local tenant = tenantOf(class)
  redis.call('ZREM', line .. ':' .. tenant, class)
  refreshLine(line, tenant)
end

-- Class, its score, and its rank among all lines. Ranks only rise by turns taken elsewhere, so one that is out of date is too low, comes to the
-- top, and is put right there.
local function firstOfLine(line)
  while true do
    local top = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')
    if not top[1] then return nil end
    local first = redis.call('ZRANGE', line .. ':' .. top[1], 0, 0, 'WITHSCORES')
    local standsAt = rank(top[1], first[2])
    if standsAt <= tonumber(top[2]) then return first[1], first[2], standsAt end
    redis.call('ZADD', line, text(standsAt), top[1])
  end
end

-- A tenant that comes (back) begins where the others are: turns that it did not want, or could not use, give it no claim.
local function joinTurns(tenant)
  local turn = tonumber(redis.call('GET', key('gate:turn')) or 0)
  if turnsOf(tenant) < turn then redis.call('HSET', key('gate:turns'), tenant, text(turn)) end
end

local function takeTurn(tenant)
  local turns = turnsOf(tenant)
  if turns > tonumber(redis.call('GET', key('gate:turn')) or 0) then redis.call('SET', key('gate:turn'), text(turns)) end
  redis.call('HSET', key('gate:turns'), tenant, text(turns + 1))
end
