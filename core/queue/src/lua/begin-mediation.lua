-- include: common
-- The mediator takes a request in hand; again after a crash is right.
-- KEYS[1] prefix · ARGV[1] request id
-- Returns 1, or 0 when the request is past mediation or unknown
local state = redis.call('HGET', key('req:' .. ARGV[1]), 'state')
if state == 'accepted' then redis.call('HSET', key('req:' .. ARGV[1]), 'state', 'mediating') end
return (state == 'accepted' or state == 'mediating') and 1 or 0
