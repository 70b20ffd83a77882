-- include: common
-- Changes the state of a build that has not ended, keeps what was found, and writes the events.
-- KEYS[1] prefix · ARGV[1] build id  [2] state  [3] 'end' | 'wake' | '': the state is terminal | worth waking followers of the log for | neither
--      [4] failure (JSON) or ''  [5] number of finds, then their names and values (JSON); then per event: type, data (JSON)
-- Returns 1 | 0 it has ended | -1 unknown
local id = ARGV[1]
local record = key('build:' .. id)
local build = redis.call('HMGET', record, 'state', 'endedAt', 'corr', 'subject')
if not build[1] then return -1 end
if build[2] then return 0 end
redis.call('HSET', record, 'state', ARGV[2])
if ARGV[4] ~= '' then redis.call('HSET', record, 'failure', ARGV[4]) end
local finds = tonumber(ARGV[5])
for find = 1, finds do redis.call('HSET', record, 'found:' .. ARGV[4 + find * 2], ARGV[5 + find * 2]) end
local at
for position = 6 + finds * 2, #ARGV, 2 do
  local _, written = event(ARGV[position], build[3], build[4], ARGV[position + 1])
  at = written
end
if ARGV[3] == 'end' then
  redis.call('HSET', record, 'endedAt', at)
  redis.call('ZADD', key('ended'), at, 'build:' .. id)
  redis.call('ZREM', key('confirms'), id)
  untrack('build:' .. id)
end
if ARGV[3] == 'end' and ARGV[4] ~= '' or ARGV[2] == 'cancelled' then redis.call('PUBLISH', key('ends'), 'build:' .. id) end
if ARGV[3] ~= '' then redis.call('XADD', key('build-log:' .. id), '*', 'mark', ARGV[2]) end
return 1
