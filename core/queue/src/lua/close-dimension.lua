-- include: common, gate, closures
-- Gives a dimension a limit of 0 for a cause, until it is opened for that cause again or its time is over. A repeat moves the time.
-- KEYS[1] prefix · ARGV[1] dimension  [2] cause  [3] by whom  [4] reason  [5] until (ms) or ''  [6] correlation id
-- Returns 1
local untilMs = ARGV[5] ~= '' and ARGV[5] or nil
closeDimension(ARGV[1], ARGV[2], { by = ARGV[3], reason = ARGV[4], untilMs = untilMs, corr = ARGV[6] })
if ARGV[2] == 'drain' and tonumber(redis.call('HGET', key('gate:use'), ARGV[1]) or 0) == 0 then
  event('gate.drained', ARGV[6], '{}', '{"dimension":"' .. ARGV[1] .. '"}')
end
return 1
