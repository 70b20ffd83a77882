-- include: common, gate
-- The run holds the slot from now on, and the watcher takes over from the lease.
-- KEYS[1] prefix · ARGV[1] part id  [2] fence  [3] run id  [4] page URL or ''  [5] next poll in ms
-- Returns 1 (also when this run is bound already) | 0 fenced or ended
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'fence', 'runId', 'token')
if part[2] ~= ARGV[2] then return 0 end
if part[3] then return part[3] == ARGV[3] and (part[1] == 'running' or part[1] == 'cancelling') and 1 or 0 end
if (part[1] ~= 'submitting' and part[1] ~= 'cancelling') or not part[4] then return 0 end
redis.call('HSET', record, 'runId', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', record, 'runPageUrl', ARGV[4]) end
redis.call('ZREM', key('gate:lease'), ARGV[1])
redis.call('ZADD', key('gate:watch'), text(now() + tonumber(ARGV[5])), ARGV[1])
if part[1] == 'submitting' then
  redis.call('HSET', record, 'state', 'running')
else
  redis.call('ZADD', key('gate:cancels'), text(now()), ARGV[1])
end
local of = partOf(ARGV[1])
local data = '{"runId":' .. cjson.encode(ARGV[3]) .. ',"attempt":' .. of.attempt
if ARGV[4] ~= '' then data = data .. ',"runPageUrl":' .. cjson.encode(ARGV[4]) end
local _, at = event('part.running', of.corr, partSubject(ARGV[1], of), data .. '}')
redis.call('HSET', record, 'submittedAt', at)
return 1
