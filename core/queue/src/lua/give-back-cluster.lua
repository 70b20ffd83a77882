-- include: common, clusters
-- Ends a part's lease on its cluster, unless a later attempt holds it.
-- KEYS[1] prefix · ARGV[1] part  [2] attempt
-- Returns 1 | 0 no such lease
local lease = redis.call('HGET', key('cluster-leases'), ARGV[1])
if not lease or tonumber(string.match(lease, '^%d+')) > tonumber(ARGV[2]) then return 0 end
endClusterLease(ARGV[1])
return 1
