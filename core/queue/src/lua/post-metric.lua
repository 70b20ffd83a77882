-- include: common, gate, closures
-- A value of a metric: closes the dimensions whose rules name it from `above` on, opens them below `below`.
-- KEYS[1] prefix · ARGV[1] name  [2] value  [3] by whom  [4] correlation id
-- Returns { grants made, budget }
local value, cause = tonumber(ARGV[2]), 'metric:' .. ARGV[1]
for _, dimension in ipairs(redis.call('SMEMBERS', key('gate:metric-dimensions:' .. ARGV[1]))) do
  local metric = cjson.decode(redis.call('HGET', key('gate:rule'), dimension)).metric
  local closed = redis.call('HEXISTS', key('gate:closed:' .. dimension), cause) == 1
  if value >= metric.above or (closed and value >= (metric.below or metric.above)) then
    local reason = ARGV[1] .. ' is ' .. ARGV[2] .. ', at ' .. metric.above .. ' or more nothing starts'
    closeDimension(dimension, cause, { by = ARGV[3], reason = reason, untilMs = text(now() + metric.staleMs), corr = ARGV[4] })
  elseif closed then
    openDimension(dimension, cause, ARGV[3], ARGV[4])
  end
end
local budget = 1000
return { pump(budget), budget }
