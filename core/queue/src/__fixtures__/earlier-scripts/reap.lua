-- include: common, gate
-- Expired leases: the owner is gone, the work is dispatched again. The slot is the run's and stays.
-- KEYS[1] prefix · ARGV[1] at most
-- Returns the number dispatched again
local ids = redis.call('ZRANGE', key('gate:lease'), '-inf', text(now()), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[1]))
for _, id in ipairs(ids) do
  redis.call('HDEL', key('part:' .. id), 'node')
  redis.call('ZADD', key('gate:lease'), text(now() + settings.leaseMs), id)
  trigger('submit', id)
end
return #ids
