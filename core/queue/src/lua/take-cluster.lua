-- include: common, clusters
-- The cluster of a part: the one it holds a lease on, one of its digest with room, or a new one that is wanted from now on.
-- KEYS[1] prefix · ARGV[1] part  [2] attempt  [3] pool  [4] workspace  [5] digest  [6] most clusters of the pool  [7] parts per cluster
--   [8] lease of a new one, ms  [9] id of a new one  [10] its document (JSON)
-- Returns the id | '' when the pool is full
local lease = redis.call('HGET', key('cluster-leases'), ARGV[1])
if lease then
  local attempt, held = string.match(lease, '^(%d+) (.+)$')
  if attempt == ARGV[2] and redis.call('EXISTS', key('cluster:' .. held)) == 1 then return held end
  if tonumber(attempt) > tonumber(ARGV[2]) then return '' end
  endClusterLease(ARGV[1])
end

local rank = { ready = 3, starting = 2, wanted = 1 }
local count, best, bestRank, idle = 0, nil, 0, nil
for _, id in ipairs(redis.call('ZRANGE', key('clusters'), 0, -1)) do
  local of = redis.call('HMGET', key('cluster:' .. id), 'pool', 'workspace', 'digest', 'state', 'leaseEndsAt')
  if of[1] == ARGV[3] then
    count = count + 1
    local parts = redis.call('SCARD', key('cluster-parts:' .. id))
    local isOurs = of[2] == ARGV[4] and of[3] == ARGV[5]
    local isOpen = rank[of[4]] and tonumber(of[5]) > now()
    if isOurs and isOpen and parts < tonumber(ARGV[7]) and rank[of[4]] > bestRank then best, bestRank = id, rank[of[4]] end
    if not isOurs and of[4] == 'ready' and parts == 0 and not idle then idle = id end
  end
end

if not best then
  if count >= tonumber(ARGV[6]) then
    if idle then
      redis.call('HSET', key('cluster:' .. idle), 'state', 'ending', 'reason', 'idle, and makes room for another digest')
      clusterEvent('cluster.ending', idle)
    end
    return ''
  end
  best = ARGV[9]
  local at = now()
  local failures = redis.call('HGET', key('cluster-failures'), ARGV[3]) or '0'
  redis.call('HSET', key('cluster:' .. best), 'doc', ARGV[10], 'pool', ARGV[3], 'workspace', ARGV[4], 'digest', ARGV[5], 'state', 'wanted',
    'createdAt', text(at), 'leaseEndsAt', text(at + tonumber(ARGV[8])), 'nodeTry', failures)
  redis.call('ZADD', key('clusters'), text(at), best)
  clusterEvent('cluster.wanted', best)
end
redis.call('HSET', key('cluster-leases'), ARGV[1], ARGV[2] .. ' ' .. best)
redis.call('SADD', key('cluster-parts:' .. best), ARGV[1])
redis.call('HDEL', key('cluster:' .. best), 'idleSince')
return best
