-- include: common
-- The queue jobs of these triggers are made. Those of a batch are found by its nonce from now on, unless they were triggered again meanwhile.
-- KEYS[1] prefix · ARGV[1] group  [2] number of nonces, then these; then of each that is carried in a batch: work, its nonce, nonce of the batch
-- Returns nothing
local last = 2 + tonumber(ARGV[2])
redis.call('XACK', key('outbox'), ARGV[1], unpack(ARGV, 3, last))
redis.call('XDEL', key('outbox'), unpack(ARGV, 3, last))
for at = last + 1, #ARGV, 3 do
  if redis.call('HGET', key('triggers'), ARGV[at]) == ARGV[at + 1] then redis.call('HSET', key('triggers'), ARGV[at], ARGV[at + 2]) end
end
