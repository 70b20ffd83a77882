-- include: common
-- The keeper's lease on a part that holds a slot and has no run yet. Every claim raises the fence.
-- KEYS[1] prefix · ARGV[1] part id  [2] node  [3] lease in ms
-- Returns { fence, fields of the part } | { -1 } nothing to do | { -2 } another node holds it
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'node', 'runId')
local state = part[1]
if state ~= 'granted' and state ~= 'submitting' and not (state == 'cancelling' and not part[3]) then return { -1 } end
local leasedUntil = tonumber(redis.call('ZSCORE', key('gate:lease'), ARGV[1]) or 0)
if part[2] and part[2] ~= ARGV[2] and leasedUntil > now() then return { -2 } end
local fence = redis.call('HINCRBY', record, 'fence', 1)
redis.call('HSET', record, 'node', ARGV[2])
redis.call('ZADD', key('gate:lease'), text(now() + tonumber(ARGV[3])), ARGV[1])
return { fence, redis.call('HGETALL', record) }
