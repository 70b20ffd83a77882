-- include: common, ending
-- A part ends: frees its slot, grants to others, cancels its siblings when too few can succeed, and finishes the request with the last part.
-- KEYS[1] prefix · ARGV[1] part id  [2] state  [3] run ms  [4] failure (JSON) or ''  [5] log digest or ''  [6] failure of siblings (JSON)
-- Returns { grants made, budget }, or { -1 } when it had ended or holds no slot
local id = ARGV[1]
local part = partOf(id)
if not part then return { -1 } end
if part.state ~= 'granted' and part.state ~= 'submitting' and part.state ~= 'running' and part.state ~= 'cancelling' then return { -1 } end
freeSlot(id, part.class)
if ARGV[2] == 'succeeded' then redis.call('HDEL', key('part:' .. id), 'failure') end
endPart(id, part, { state = ARGV[2], runMs = ARGV[3], failure = ARGV[4], log = ARGV[5] })
if ARGV[2] ~= 'succeeded' then partLost(part.request, ARGV[6]) end
finishIfAllEnded(part.request)
local budget = 64
return { pump(budget), budget }
