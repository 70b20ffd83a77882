-- Clusters as their events show them, and the end of a part's lease.
local function clusterEvent(type, id)
  local record = key('cluster:' .. id)
  local fields = redis.call('HMGET', record, 'doc', 'pool', 'workspace', 'digest', 'clusterId', 'reason')
  local doc = cjson.decode(fields[1])
  local data = { cluster = id, pool = fields[2], workspace = fields[3], digest = fields[4], artifact = doc.artifact }
  if fields[5] then data.clusterId = fields[5] end
  if fields[6] then data.reason = fields[6] end
  event(type, doc.corr, '{}', cjson.encode(data))
end

local function endClusterLease(part)
  local lease = redis.call('HGET', key('cluster-leases'), part)
  if not lease then return end
  local id = string.match(lease, ' (.+)$')
  redis.call('HDEL', key('cluster-leases'), part)
  redis.call('SREM', key('cluster-parts:' .. id), part)
  if redis.call('EXISTS', key('cluster:' .. id)) == 1 and redis.call('SCARD', key('cluster-parts:' .. id)) == 0 then
    redis.call('HSET', key('cluster:' .. id), 'idleSince', text(now()))
  end
end
