-- include: common, walk
-- A part ends: frees its slot, grants to others, cancels its siblings when too few can succeed, and finishes the request with the last part.
-- KEYS[1] prefix · ARGV[1] part id  [2] state  [3] run ms  [4] failure (JSON) or ''  [5] log digest or ''  [6] failure of siblings (JSON), or '' when it succeeded  [7] attempt that ended, or ''
-- Returns { grants made, budget, 1 when there are more siblings to cancel }, or { -1 } when it had ended, holds no slot, or is in another attempt: its run must not lose its slot
local id = ARGV[1]
local part = partOf(id)
if not part then return { -1 } end
if part.state ~= 'granted' and part.state ~= 'submitting' and part.state ~= 'running' and part.state ~= 'cancelling' then return { -1 } end
if ARGV[7] ~= '' and part.attempt ~= ARGV[7] then return { -1 } end
freeSlot(id, part)
if ARGV[2] == 'succeeded' then redis.call('HDEL', key('part:' .. id), 'failure') end
endPart(id, part, { state = ARGV[2], runMs = ARGV[3], failure = ARGV[4], log = ARGV[5] })
local more = 0
if ARGV[2] ~= 'succeeded' and partLost(part.request, ARGV[6]) then
  walkOn(part.request, PARTS_PER_STEP)
  more = redis.call('HEXISTS', key('req:' .. part.request), 'walk')
else
  finishIfAllEnded(part.request)
end
local budget = 64
return { pump(budget), budget, more }
