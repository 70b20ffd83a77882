-- include: common
-- How a push ended; the first answer stands.
-- KEYS[1] prefix · ARGV[1] build id  [2] 'completed' | 'aborted'
-- Returns 1 | 0 it was told before | -1 unknown
local record = key('build:' .. ARGV[1])
local build = redis.call('HMGET', record, 'state', 'endedAt', 'corr', 'subject')
if not build[1] then return -1 end
if redis.call('HSETNX', record, 'pushOutcome', ARGV[2]) == 0 then return 0 end
event('push.' .. ARGV[2], build[3], build[4], '{}')
if not build[2] then
  redis.call('ZADD', key('confirms'), text(now()), ARGV[1])
  trigger('confirm', ARGV[1])
end
return 1
