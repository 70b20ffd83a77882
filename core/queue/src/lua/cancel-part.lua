-- include: common, walk
-- Cancels one part: what runs nowhere ends at once, what runs is marked for the keeper. What becomes of its siblings is the join policy's matter.
-- KEYS[1] prefix · ARGV[1] part id  [2] failure of the part (JSON)  [3] failure of its siblings (JSON), where too few can succeed then
-- Returns { state after, grants made, budget, 1 when it could be cancelled, 1 when there are more siblings }; { '' } when unknown
local id = ARGV[1]
local part = partOf(id)
if not part then return { '' } end
local goesOn = { parked = true, granted = true, submitting = true, running = true, cancelling = true }
if not goesOn[part.state] then return { part.state, 0, 64, 0 } end
if cancelPart(id, part, ARGV[2]) then
  partLost(part.request, ARGV[3])
  walkOn(part.request, PARTS_PER_STEP)
end
local budget = 64
local more = redis.call('HEXISTS', key('req:' .. part.request), 'walk')
return { redis.call('HGET', key('part:' .. id), 'state'), pump(budget), budget, 1, more }
