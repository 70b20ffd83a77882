-- include: common, gate
-- Another attempt of a part whose run has ended, or whose cluster never came up, in the same slot.
-- KEYS[1] prefix · ARGV[1] part id  [2] failure (JSON)  [3] pause in ms  [4] attempt that ended  [5] 'run' | 'no run': what it had
-- Returns 1 | 0 another attempt, not running (or, without a run: not granted, an intent), or to be cancelled
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'submittedAt', 'token', 'attempt')
local hasRun = ARGV[5] == 'run'
if part[4] ~= ARGV[4] then return 0 end
if hasRun and part[1] ~= 'running' then return 0 end
if not hasRun and (part[1] ~= 'granted' or part[3]) then return 0 end
local of = partOf(ARGV[1])
event('part.retrying', of.corr, partSubject(ARGV[1], of), '{"attempt":' .. of.attempt .. ',"failure":' .. ARGV[2] .. '}')
-- The time of the attempt that failed is paid for too, and the next one is another call to the workspace.
if hasRun then
  redis.call('HINCRBY', record, 'priorMs', text(math.max(0, now() - tonumber(part[2]))))
  for _, claim in ipairs(claimsOf(of.class)) do
    if periodOf(claim.dimension) then spendRate(claim.dimension, claim.weight) end
  end
end
redis.call('HDEL', record, 'token', 'runId', 'runPageUrl', 'submittedAt', 'node', 'submitter', 'waitsFor', 'waiting')
redis.call('HINCRBY', record, 'attempt', 1)
redis.call('HINCRBY', record, 'fence', 1)
redis.call('HSET', record, 'state', 'granted', 'failure', ARGV[2])
redis.call('ZREM', key('gate:watch'), ARGV[1])
redis.call('ZADD', key('gate:lease'), text(now() + tonumber(ARGV[3]) + settings.leaseMs), ARGV[1])
trigger('submit', ARGV[1], tonumber(ARGV[3]))
return 1
