-- include: common, gate
-- Makes the stored parts of a large split the request's. `enter-parts` parks them; the trigger of the mediation stays until it has.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] mediated body (JSON)  [3] result path  [4] class  [5] event data of request.mediated (JSON)
--      [6] parts that must succeed or ''  [7] number of parts
-- Returns { 'staged' } | { 'past' } | { 'impossible', dimension, limit, weight }
local id = ARGV[1]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline')
if record[1] ~= 'mediating' and record[1] ~= 'accepted' then return { 'past' } end
local refused = impossible(ARGV[4])
if refused then return refused end

local subject = '{"pipeline":' .. cjson.encode(record[3]) .. ',"request":"' .. id .. '"}'
redis.call('HSET', key('req:' .. id), 'state', 'running', 'mediated', ARGV[2], 'resultPath', ARGV[3], 'total', ARGV[7], 'entered', 0)
if ARGV[6] ~= '' then redis.call('HSET', key('req:' .. id), 'needed', ARGV[6]) end
event('request.mediated', record[2], subject, ARGV[5])
return { 'staged' }
