-- include: common
-- Counts a submission that ended by an unexpected error while its intent was stored.
-- KEYS[1] prefix · ARGV[1] part id
-- Returns { state of the part or '', faults so far }
local state = redis.call('HGET', key('part:' .. ARGV[1]), 'state')
if not state then return { '', 0 } end
return { state, redis.call('HINCRBY', key('part:' .. ARGV[1]), 'faults', 1) }
