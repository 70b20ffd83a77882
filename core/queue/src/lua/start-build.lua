-- include: common
-- Makes a build durable and puts its flow in the outbox.
-- KEYS[1] prefix · ARGV[1] build id  [2] record (JSON)  [3] correlation id  [4] subject (JSON)  [5] event data (JSON)
--   [6] data of the push behind it (JSON), '' = none
-- Returns 1, or 0 when it is known
local record = key('build:' .. ARGV[1])
if redis.call('EXISTS', record) == 1 then return 0 end
if ARGV[6] ~= '' then event('push.received', ARGV[3], ARGV[4], ARGV[6]) end
local _, at = event('build.queued', ARGV[3], ARGV[4], ARGV[5])
redis.call('HSET', record, 'doc', ARGV[2], 'corr', ARGV[3], 'subject', ARGV[4], 'state', 'queued', 'createdAt', at)
redis.call('ZADD', key('builds'), at, ARGV[1])
trigger('build', ARGV[1])
return 1
