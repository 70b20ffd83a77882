-- include: common, gate, closures
-- Limits set by hand, from the ledger, into a Redis that has never had one.
-- KEYS[1] prefix · ARGV per dimension: dimension, limit, record (JSON), set at (ms)
-- Returns { 1, grants made, budget } | { 0 } when Redis remembers its own
if not redis.call('SET', key('gate:remembers'), '1', 'NX') then return { 0 } end
for at = 1, #ARGV, 4 do
  local dimension = ARGV[at]
  redis.call('HSET', key('gate:by-hand-limit'), dimension, ARGV[at + 1])
  redis.call('HSET', key('gate:by-hand'), dimension, ARGV[at + 2])
  redis.call('HSET', key('gate:by-hand-at'), dimension, ARGV[at + 3])
  restand(dimension)
end
local budget = 1000
return { 1, pump(budget), budget }
