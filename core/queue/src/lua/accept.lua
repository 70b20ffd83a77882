-- include: common
-- Makes a request durable and puts its mediation in the outbox.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] record (JSON)  [3] correlation id  [4] pipeline  [5] subject (JSON)  [6] event data (JSON)
--      [7] name of the idempotency entry, '' = none  [8] fingerprint  [9] its life in ms  [10] most events that may wait for the archiver
-- Returns { 'new', accepted at } | { 'known', id of the first request } | { 'reused' } | { 'full' }
local id = ARGV[1]
if ARGV[7] ~= '' then
  local entry = redis.call('HMGET', key('idem:' .. ARGV[7]), 'request', 'fingerprint')
  if entry[1] then
    if entry[2] ~= ARGV[8] then return { 'reused' } end
    return { 'known', entry[1] }
  end
end
if redis.call('EXISTS', key('req:' .. id)) == 1 then return { 'known', id } end
if redis.call('XLEN', key('log')) > tonumber(ARGV[10]) then return { 'full' } end

local _, at = event('request.accepted', ARGV[3], ARGV[5], ARGV[6])
redis.call('HSET', key('req:' .. id), 'doc', ARGV[2], 'corr', ARGV[3], 'pipeline', ARGV[4], 'state', 'accepted', 'acceptedAt', at, 'total', 0, 'ended', 0)
if ARGV[7] ~= '' then
  redis.call('HSET', key('idem:' .. ARGV[7]), 'request', id, 'fingerprint', ARGV[8])
  redis.call('PEXPIRE', key('idem:' .. ARGV[7]), ARGV[9])
end
trigger('mediate', id)
return { 'new', at }
