-- include: common, gate, closures
-- Opens or closes a dimension by its windows. Ignored when its rule is another one by now.
-- KEYS[1] prefix · ARGV[1] dimension  [2] rule (JSON)  [3] '1' open, '0' closed  [4] until (ms) or ''  [5] correlation id
-- Returns { grants made, budget }
local budget = 1000
if redis.call('HGET', key('gate:rule'), ARGV[1]) ~= ARGV[2] then
  dropChange('window|' .. ARGV[1])
  if redis.call('HEXISTS', key('gate:rule'), ARGV[1]) == 1 then planChange('window|' .. ARGV[1], text(now())) end
  return { 0, budget }
end
setWindow(ARGV[1], ARGV[3] == '1', ARGV[4], ARGV[5])
return { pump(budget), budget }
