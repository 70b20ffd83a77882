-- include: common
-- A trigger again, of its own, if nobody made it again meanwhile.
-- KEYS[1] prefix · ARGV[1] kind  [2] id  [3] nonce of the lost one
-- Returns how often this work was made again, or 0 when it was not
local work = ARGV[1] .. ':' .. ARGV[2]
if (redis.call('HGET', key('triggers'), work) or '') ~= ARGV[3] then return 0 end
trigger(ARGV[1], ARGV[2], 0, true)
return redis.call('HINCRBY', key('retriggers'), work, 1)
