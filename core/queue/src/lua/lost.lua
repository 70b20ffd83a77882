-- include: common
-- Triggers that are old enough to be doubted; each is looked at again only after the same time.
-- KEYS[1] prefix · ARGV[1] older than ms  [2] at most
-- Returns { work, nonce, 1 when its outbox entry still waits, ... }
local found = {}
for _, work in ipairs(redis.call('ZRANGE', key('open'), '-inf', text(now() - tonumber(ARGV[1])), 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))) do
  local nonce = redis.call('HGET', key('triggers'), work)
  redis.call('ZADD', key('open'), text(now()), work)
  found[#found + 1] = work
  found[#found + 1] = nonce or ''
  found[#found + 1] = nonce and #redis.call('XRANGE', key('outbox'), nonce, nonce) or 0
end
return found
