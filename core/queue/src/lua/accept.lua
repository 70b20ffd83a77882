-- include: common, room, changes
-- Makes a request durable and puts its mediation in the outbox.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] record (JSON)  [3] correlation id  [4] pipeline  [5] subject (JSON)  [6] event data (JSON)
--      [7] name of the idempotency entry, '' = none  [8] fingerprint  [9] its life in ms  [10] most events that may wait for the archiver
--      [11] name under which equal requests share it, '' = none  [12] class where it is known, else ''  [13] deadline or ''  [14] not before or ''
-- Returns { 'new', accepted at } | { 'known', id of the first request } | { 'shared', id of the one in flight } | { 'reused' } | { 'full' }
--      | { 'late', now } | { 'impossible', dimension, limit, weight }
local id = ARGV[1]
local function rememberKey(request)
  if ARGV[7] == '' then return end
  redis.call('HSET', key('idem:' .. ARGV[7]), 'request', request, 'fingerprint', ARGV[8])
  redis.call('PEXPIRE', key('idem:' .. ARGV[7]), ARGV[9])
end

if ARGV[7] ~= '' then
  local entry = redis.call('HMGET', key('idem:' .. ARGV[7]), 'request', 'fingerprint')
  if entry[1] then
    if entry[2] ~= ARGV[8] then return { 'reused' } end
    return { 'known', entry[1] }
  end
end
if redis.call('EXISTS', key('req:' .. id)) == 1 then return { 'known', id } end
if ARGV[11] ~= '' then
  local shared = redis.call('GET', key('coalesce:' .. ARGV[11]))
  if shared then
    rememberKey(shared)
    return { 'shared', shared }
  end
end
if ARGV[13] ~= '' and tonumber(ARGV[13]) <= now() then return { 'late', text(now()) } end
local refused = ARGV[12] ~= '' and impossible(ARGV[12])
if refused then return refused end
if redis.call('XLEN', key('log')) > tonumber(ARGV[10]) then return { 'full' } end

local _, at = event('request.accepted', ARGV[3], ARGV[5], ARGV[6])
redis.call('HSET', key('req:' .. id), 'doc', ARGV[2], 'corr', ARGV[3], 'pipeline', ARGV[4], 'state', 'accepted', 'acceptedAt', at, 'total', 0, 'ended', 0)
if ARGV[11] ~= '' then
  redis.call('HSET', key('req:' .. id), 'coalesce', ARGV[11])
  redis.call('SET', key('coalesce:' .. ARGV[11]), id)
end
if ARGV[13] ~= '' then
  redis.call('HSET', key('req:' .. id), 'deadline', ARGV[13])
  planChange('deadline|' .. id, ARGV[13])
end
if ARGV[14] ~= '' then redis.call('HSET', key('req:' .. id), 'notBefore', ARGV[14]) end
rememberKey(id)
trigger('mediate', id)
return { 'new', at }
