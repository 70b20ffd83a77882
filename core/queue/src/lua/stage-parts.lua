-- include: common, gate
-- Stores some of the parts of a large split, outside of the gate: nothing knows of them until `park-staged` has made them the request's.
-- KEYS[1] prefix
-- ARGV[1] request id  [2] index of the first one  [3] class  [4] head start in microseconds
--      [5] price of an hour in millionths or ''  [6] estimate in millionths or ''; then per part: key, document (JSON), event data of part.parked (JSON)
-- Returns 1 | 0 when the request is past that
local GIVEN = 6
local id, first = ARGV[1], tonumber(ARGV[2])
local record = redis.call('HMGET', key('req:' .. id), 'state', 'corr', 'pipeline', 'notBefore', 'deadline', 'staged')
if record[1] ~= 'mediating' and record[1] ~= 'accepted' then return 0 end

local count = (#ARGV - GIVEN) / 3
local parkedAt = text(now())
for offset = 0, count - 1 do
  local at = GIVEN + 1 + offset * 3
  local part = key('part:' .. id .. '-' .. (first + offset))
  redis.call('HSET', part, 'request', id, 'index', first + offset, 'key', ARGV[at], 'doc', ARGV[at + 1], 'state', 'parked', 'attempt', 1,
    'class', ARGV[3], 'corr', record[2], 'pipeline', record[3], 'headStart', ARGV[4], 'parkedAt', parkedAt, 'later', '1', 'news', ARGV[at + 2])
  if record[4] then redis.call('HSET', part, 'notBefore', record[4]) end
  if record[5] then redis.call('HSET', part, 'deadline', record[5]) end
  if ARGV[5] ~= '' then redis.call('HSET', part, 'price', ARGV[5], 'estimate', ARGV[6]) end
end
-- A mediation that was killed here may make fewer parts the next time: those beyond are removed with the request.
redis.call('HSET', key('req:' .. id), 'staged', text(math.max(tonumber(record[6] or 0), first + count)))
return 1
