-- include: common, gate
-- Begins a month of the budgets: what was spent is told and counts no more. Once per month, whoever calls.
-- KEYS[1] prefix · ARGV[1] month, `2026-11`  [2] end of it (ms)  [3] correlation id
-- Returns { grants made, budget }
local before = redis.call('GET', key('gate:month'))
local budget = 1000
if before == ARGV[1] then
  if not redis.call('ZSCORE', key('gate:changes'), 'month|') then planChange('month|', ARGV[2]) end
  return { 0, budget }
end
redis.call('SET', key('gate:month'), ARGV[1])
planChange('month|', ARGV[2])
if not before then return { 0, budget } end
local taken = redis.call('HGETALL', key('gate:taken'))
for at = 1, #taken, 2 do
  local dimension = taken[at]
  if string.sub(dimension, 1, 4) == 'bud:' then
    event('gate.month', ARGV[3], '{}', '{"dimension":"' .. dimension .. '","month":"' .. before .. '","spent":' .. taken[at + 1] .. '}')
    changeTaken(dimension, -tonumber(taken[at + 1]))
  end
end
return { pump(budget), budget }
