-- include: common
-- Notes that something of a cluster is so from now on. Never revives one that was forgotten.
-- KEYS[1] prefix · ARGV[1] id  [2] field that gets the time: calledAt | leaseEndsAt  [3] reason or ''
-- Returns 1 | 0 there is no such cluster
local record = key('cluster:' .. ARGV[1])
if redis.call('EXISTS', record) == 0 then return 0 end
redis.call('HSET', record, ARGV[2], text(now()))
if ARGV[3] ~= '' then redis.call('HSET', record, 'reason', ARGV[3]) end
return 1
