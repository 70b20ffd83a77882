-- include: common
-- Removes records that ended long enough ago and whose end is archived, until there are no more or so much was removed that others have waited long enough.
-- KEYS[1] prefix · ARGV[1] kept for ms  [2] records at most
-- Returns the number of records and parts removed; 0 when nothing is left to remove
local PARTS_AT_MOST = 1000
local before = math.min(now() - tonumber(ARGV[1]), tonumber(redis.call('GET', key('archived')) or 0))
local members = redis.call('ZRANGE', key('ended'), '-inf', '(' .. text(before), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
local parts, records = 0, 0

-- The last ones first, so that what is left of a large request is one with fewer parts.
local function removeParts(id)
  local record = key('req:' .. id)
  local sizes = redis.call('HMGET', record, 'total', 'staged')
  local total = math.max(tonumber(sizes[1] or 0), tonumber(sizes[2] or 0))
  local left = math.max(0, total - PARTS_AT_MOST)
  for index = left, total - 1 do redis.call('UNLINK', key('part:' .. id .. '-' .. index)) end
  if left > 0 then redis.call('HSET', record, 'total', left, 'staged', 0) end
  parts = parts + total - left
  return left == 0
end

for _, member in ipairs(members) do
  local kind, id = string.match(member, '^(%a+):(.+)$')
  if kind == 'req' then
    if not removeParts(id) then return parts + records end
    redis.call('UNLINK', key('req:' .. id))
  else
    redis.call('UNLINK', key('build:' .. id), key('build-log:' .. id))
    redis.call('ZREM', key('builds'), id)
  end
  redis.call('ZREM', key('ended'), member)
  records = records + 1
  if parts >= PARTS_AT_MOST then break end
end
return parts + records
