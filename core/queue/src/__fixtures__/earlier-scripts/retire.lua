-- include: common
-- Removes records that ended long enough ago and whose end is archived.
-- KEYS[1] prefix · ARGV[1] kept for ms  [2] at most
-- Returns the number removed
local before = math.min(now() - tonumber(ARGV[1]), tonumber(redis.call('GET', key('archived')) or 0))
local members = redis.call('ZRANGE', key('ended'), '-inf', '(' .. text(before), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
for _, member in ipairs(members) do
  local kind, id = string.match(member, '^(%a+):(.+)$')
  if kind == 'req' then
    local total = tonumber(redis.call('HGET', key('req:' .. id), 'total') or 0)
    for index = 0, total - 1 do redis.call('UNLINK', key('part:' .. id .. '-' .. index)) end
    redis.call('UNLINK', key('req:' .. id))
  else
    redis.call('UNLINK', key('build:' .. id), key('build-log:' .. id))
    redis.call('ZREM', key('builds'), id)
  end
  redis.call('ZREM', key('ended'), member)
end
return #members
