-- include: common
-- The mediator takes a request in hand; again after a crash is right.
-- KEYS[1] prefix · ARGV[1] request id
-- Returns its fields, or none when the request is past mediation or unknown
local record = key('req:' .. ARGV[1])
local state = redis.call('HGET', record, 'state')
if state ~= 'accepted' and state ~= 'mediating' then return {} end
if state == 'accepted' then redis.call('HSET', record, 'state', 'mediating') end
return redis.call('HGETALL', record)
