-- include: common, clusters
-- Moves a cluster on, or forgets one that has ended.
-- KEYS[1] prefix · ARGV[1] id  [2] states it may be in, with commas around each  [3] new state, or 'ended'  [4] the workspace's id or ''  [5] reason or ''
--   [6] '1' it failed  [7] '1' only while no part holds a lease
-- Returns 1 | 0 not in such a state, or not idle
local record = key('cluster:' .. ARGV[1])
local state = redis.call('HGET', record, 'state')
if not state or not string.find(ARGV[2], ',' .. state .. ',', 1, true) then return 0 end
if ARGV[7] == '1' and redis.call('SCARD', key('cluster-parts:' .. ARGV[1])) > 0 then return 0 end
if ARGV[4] ~= '' then redis.call('HSET', record, 'clusterId', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', record, 'reason', ARGV[5]) end
if ARGV[6] == '1' then
  redis.call('HSET', record, 'failed', '1')
  if state ~= 'ready' then redis.call('HINCRBY', key('cluster-failures'), redis.call('HGET', record, 'pool'), 1) end
end
if ARGV[3] == 'ended' then
  clusterEvent('cluster.ended', ARGV[1])
  for _, part in ipairs(redis.call('SMEMBERS', key('cluster-parts:' .. ARGV[1]))) do redis.call('HDEL', key('cluster-leases'), part) end
  redis.call('DEL', record, key('cluster-parts:' .. ARGV[1]))
  redis.call('ZREM', key('clusters'), ARGV[1])
  return 1
end
redis.call('HSET', record, 'state', ARGV[3])
if ARGV[3] == 'ready' then
  redis.call('HSET', record, 'readyAt', text(now()))
  redis.call('HDEL', key('cluster-failures'), redis.call('HGET', record, 'pool'))
  if redis.call('SCARD', key('cluster-parts:' .. ARGV[1])) == 0 then redis.call('HSET', record, 'idleSince', text(now())) end
end
if state ~= ARGV[3] then clusterEvent('cluster.' .. ARGV[3], ARGV[1]) end
return 1
