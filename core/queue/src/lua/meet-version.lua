-- The version of the forms in which this Redis holds the state. An idle one is taken over.
-- KEYS[1] prefix · ARGV[1] our version
-- Returns the version that stands
local name = KEYS[1] .. ':version'
local stands = redis.call('GET', name)
if stands == ARGV[1] then return stands end
local busy = redis.call('ZCARD', KEYS[1] .. ':gate:lease') + redis.call('ZCARD', KEYS[1] .. ':gate:watch')
local waiting = redis.call('HGET', KEYS[1] .. ':gate:waiting', '*')
if busy > 0 or tonumber(waiting or 0) > 0 then return stands or '1' end
redis.call('SET', name, ARGV[1])
return ARGV[1]
