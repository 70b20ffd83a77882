-- include: common, gate, closures
-- Why a part waits and who holds what it waits for.
-- KEYS[1] prefix · ARGV[1] part id  [2] at most so many holders
-- Returns {} unknown | { part fields, now } when it does not wait | { part fields, now, dimension or '', limit, use, taken, weight, standing or '',
--      position in its class, before it in the dimension, closures (flat), changes of the dimension at or '', { holder, its class, its run or '', granted at … } }
local id = ARGV[1]
local record = key('part:' .. id)
local part = partOf(id)
if not part then return {} end
local fields = redis.call('HGETALL', record)
if part.state ~= 'parked' then return { fields, text(now()) } end
if part.later then return { fields, text(now()), 'not-before' } end
local class = part.class
local dimension = waitsFor(class)
local inClass = redis.call('ZRANK', key('gate:wait:' .. class), id)
local score = redis.call('ZSCORE', key('gate:wait:' .. class), id)
local overall = 0
for _, other in ipairs(redis.call('SMEMBERS', key('gate:classes'))) do
  if not dimension or weightOn(other, dimension) then
    overall = overall + redis.call('ZCOUNT', key('gate:wait:' .. other), '-inf', '(' .. score)
  end
end
local of = dimension or '*'
local stands = roomIn(of)
local holders, found = {}, 0
for _, holder in ipairs(redis.call('ZRANGE', key('gate:holding'), 0, -1)) do
  if found == tonumber(ARGV[2]) then break end
  local facts = redis.call('HMGET', key('part:' .. holder), 'class', 'runId', 'grantedAt')
  if facts[1] and weightOn(facts[1], of) then
    found = found + 1
    for _, value in ipairs({ holder, facts[1], facts[2] or '', facts[3] }) do holders[#holders + 1] = value end
  end
end
local opens = redis.call('ZSCORE', key('gate:changes'), 'window|' .. of)
if not opens and string.sub(of, 1, 4) == 'bud:' then opens = redis.call('ZSCORE', key('gate:changes'), 'month|') end
return {
  fields, text(now()), dimension or '', text(stands.limit), text(stands.use), text(stands.taken), text(weightOn(class, of)), text(standing(of) or UNLIMITED),
  inClass, overall, redis.call('HGETALL', key('gate:closed:' .. of)), opens and text(tonumber(opens)) or '', holders,
}
