-- include: common, ending
-- Cancels a request: what runs nowhere ends at once, what runs is marked for the keeper.
-- KEYS[1] prefix · ARGV[1] request id  [2] by whom  [3] failure of its parts (JSON)
-- Returns { state after, grants made, budget, 1 when it could be cancelled }; { '' } when unknown
local id = ARGV[1]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline')
local state = record[1]
if not state then return { '' } end
if state == 'cancelling' or state == 'cancelled' then return { state, 0, 64, 1 } end
if state ~= 'accepted' and state ~= 'mediating' and state ~= 'running' then return { state, 0, 64, 0 } end

redis.call('HSET', key('req:' .. id), 'cancelBy', ARGV[2])
redis.call('PUBLISH', key('ends'), 'req:' .. id)
if state == 'running' then
  redis.call('HSET', key('req:' .. id), 'state', 'cancelling')
  event('request.cancelling', record[2], requestSubject(id, record[3]), '{"by":' .. cjson.encode(ARGV[2]) .. '}')
  cancelParts(id, ARGV[3])
  finishIfAllEnded(id)
else
  endRequest(id, 'cancelled', '{"by":' .. cjson.encode(ARGV[2]) .. '}', {})
end
local budget = 64
return { redis.call('HGET', key('req:' .. id), 'state'), pump(budget), budget, 1 }
