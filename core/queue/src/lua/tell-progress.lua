-- include: common, part
-- What the driver of a running part has said of its progress; an older or the same step changes nothing.
-- KEYS[1] prefix · ARGV[1] part id  [2] attempt  [3] step  [4] record (JSON: attempt, step, percent?, message?)
-- Returns 1 | 0 not running, another attempt, or not newer
local record = key('part:' .. ARGV[1])
local part = partOf(ARGV[1])
if not part or (part.state ~= 'running' and part.state ~= 'cancelling') or part.attempt ~= ARGV[2] then return 0 end
local before = redis.call('HGET', record, 'progress')
if before then
  local known = cjson.decode(before)
  if text(known.attempt) == ARGV[2] and known.step >= tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', record, 'progress', ARGV[4])
event('part.progress', part.corr, partSubject(ARGV[1], part), ARGV[4])
return 1
