-- include: common, walk
-- Cancels a request: what runs nowhere ends at once, what runs is marked for the keeper. A large one goes on in steps, see ../lanes/walk.ts.
-- KEYS[1] prefix · ARGV[1] request id  [2] by whom  [3] failure of its parts (JSON)
-- Returns { state after, grants made, budget, 1 when it could be cancelled, 1 when there are more parts }; { '' } when unknown
local id = ARGV[1]
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline')
local state = record[1]
if not state then return { '' } end
if state == 'cancelling' or state == 'cancelled' then return { state, 0, 64, 1, redis.call('HEXISTS', key('req:' .. id), 'walk') } end
if state ~= 'accepted' and state ~= 'mediating' and state ~= 'running' then return { state, 0, 64, 0 } end

redis.call('HSET', key('req:' .. id), 'cancelBy', ARGV[2])
redis.call('PUBLISH', key('ends'), 'req:' .. id)
if state == 'running' then
  redis.call('HSET', key('req:' .. id), 'state', 'cancelling')
  event('request.cancelling', record[2], requestSubject(id, record[3]), '{"by":' .. cjson.encode(ARGV[2]) .. '}')
  beginWalk(id, 'cancel', ARGV[3], '')
  walkOn(id, PARTS_PER_STEP)
else
  endRequest(id, 'cancelled', '{"by":' .. cjson.encode(ARGV[2]) .. '}', {})
end
local budget = 64
local after = redis.call('HMGET', key('req:' .. id), 'state', 'walk')
return { after[1], pump(budget), budget, 1, after[2] and 1 or 0 }
