-- include: common, walk
-- The next step of a walk over the parts of a request. Whoever takes it has the walk for a while; after that any node goes on with it.
-- KEYS[1] prefix · ARGV[1] request id, or '' for one that nobody has  [2] ms for which the caller has it
-- Returns { request id or '', 1 when there are more parts, grants made, budget, state of the request }
local id = ARGV[1]
if id == '' then id = redis.call('ZRANGE', key('walks'), '-inf', text(now()), 'BYSCORE', 'LIMIT', 0, 1)[1] end
if not id then return { '', 0, 0, 1, '' } end
local record = key('req:' .. id)
if redis.call('HEXISTS', record, 'walk') == 1 then walkOn(id, PARTS_PER_STEP) end
local after = redis.call('HMGET', record, 'state', 'walk')
if after[2] then redis.call('ZADD', key('walks'), text(now() + tonumber(ARGV[2])), id) else redis.call('ZREM', key('walks'), id) end
local budget = 64
return { id, after[2] and 1 or 0, pump(budget), budget, after[1] or '' }
