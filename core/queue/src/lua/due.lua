-- include: common
-- Takes parts whose time has come from a set and hides them from other takers for a while, so that no taker can lose one.
-- KEYS[1] prefix · ARGV[1] set, `gate:watch` or `gate:cancels`  [2] at most  [3] hidden for ms
-- Returns { id, fields, id, fields, ... }
local at = now()
local taken = {}
for _, id in ipairs(redis.call('ZRANGE', key(ARGV[1]), '-inf', text(at), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))) do
  redis.call('ZADD', key(ARGV[1]), text(at + tonumber(ARGV[3])), id)
  taken[#taken + 1] = id
  taken[#taken + 1] = redis.call('HGETALL', key('part:' .. id))
end
return taken
