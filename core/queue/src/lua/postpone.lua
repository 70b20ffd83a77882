-- include: common, part
-- Back to the dispatcher after a pause; slot, attempt and token stay.
-- KEYS[1] prefix · ARGV[1] part id  [2] fence  [3] pause in ms  [4] what holds it back and why, in one name, or none  [5] the same for people (JSON)
-- Returns 1 | 0 fenced, bound or ended
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'fence', 'runId', 'waitsFor')
if part[2] ~= ARGV[2] or part[3] then return 0 end
if part[1] ~= 'granted' and part[1] ~= 'submitting' and part[1] ~= 'cancelling' then return 0 end
redis.call('HDEL', record, 'node')
if ARGV[4] then
  redis.call('HSET', record, 'waitsFor', ARGV[4], 'waiting', ARGV[5])
  local of = partOf(ARGV[1])
  if part[4] ~= ARGV[4] then event('part.waiting', of.corr, partSubject(ARGV[1], of), ARGV[5]) end
end
redis.call('HINCRBY', record, 'fence', 1)
redis.call('ZADD', key('gate:lease'), text(now() + tonumber(ARGV[3]) + settings.leaseMs), ARGV[1])
trigger('submit', ARGV[1], tonumber(ARGV[3]))
return 1
