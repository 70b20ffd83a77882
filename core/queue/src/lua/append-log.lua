-- include: common
-- Lines of a build's log, bounded; after the bound one line says so and the rest is dropped.
-- KEYS[1] prefix · ARGV[1] build id  [2] most lines  [3] most bytes  then the lines
-- Returns the number of lines kept
local record, stream = key('build:' .. ARGV[1]), key('build-log:' .. ARGV[1])
local build = redis.call('HMGET', record, 'state', 'logLines', 'logBytes', 'logFull')
if not build[1] or build[4] then return 0 end
local lines, bytes, kept = tonumber(build[2] or 0), tonumber(build[3] or 0), 0
for at = 4, #ARGV do
  if lines >= tonumber(ARGV[2]) or bytes + #ARGV[at] > tonumber(ARGV[3]) then
    redis.call('XADD', stream, '*', 'line', '[the log is longer than Slow Lane shows live; the rest is left out]')
    redis.call('HSET', record, 'logFull', '1')
    break
  end
  redis.call('XADD', stream, '*', 'line', ARGV[at])
  lines, bytes, kept = lines + 1, bytes + #ARGV[at], kept + 1
end
redis.call('HSET', record, 'logLines', lines, 'logBytes', bytes)
return kept
