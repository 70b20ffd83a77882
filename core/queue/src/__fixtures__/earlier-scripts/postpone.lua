-- include: common
-- Back to the dispatcher after a pause; slot, attempt and token stay.
-- KEYS[1] prefix · ARGV[1] part id  [2] fence  [3] pause in ms
-- Returns 1 | 0 fenced, bound or ended
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'fence', 'runId')
if part[2] ~= ARGV[2] or part[3] then return 0 end
if part[1] ~= 'granted' and part[1] ~= 'submitting' and part[1] ~= 'cancelling' then return 0 end
redis.call('HDEL', record, 'node')
redis.call('HINCRBY', record, 'fence', 1)
redis.call('ZADD', key('gate:lease'), text(now() + tonumber(ARGV[3]) + settings.leaseMs), ARGV[1])
trigger('submit', ARGV[1], tonumber(ARGV[3]))
return 1
