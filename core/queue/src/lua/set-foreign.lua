-- include: common, gate
-- Places that runs of others take in a workspace; what was told before is replaced.
-- KEYS[1] prefix · ARGV[1] workspace  [2] event data (JSON)  [3] correlation id  then dimension, places
-- Returns { grants made, budget }
local told = key('gate:foreign:' .. ARGV[1])
local before = redis.call('HGETALL', told)
local places = {}
for at = 1, #before, 2 do places[before[at]] = -tonumber(before[at + 1]) end
redis.call('DEL', told)
for at = 4, #ARGV, 2 do
  places[ARGV[at]] = (places[ARGV[at]] or 0) + tonumber(ARGV[at + 1])
  if tonumber(ARGV[at + 1]) > 0 then redis.call('HSET', told, ARGV[at], ARGV[at + 1]) end
end
local changed = false
for dimension, change in pairs(places) do
  if change ~= 0 then changed = true end
  changeTaken(dimension, change)
end
if changed then event('gate.foreign', ARGV[3], '{}', ARGV[2]) end
local budget = 1000
return { pump(budget), budget }
