-- include: common
-- One of a batch goes on by itself, unless something else triggers it already.
-- KEYS[1] prefix · ARGV[1] kind  [2] id  [3] nonce of its own trigger  [4] nonce of the batch
-- Returns 1, or 0 when it has another trigger or needs none any more
if tracked[ARGV[1]] then
  local stands = redis.call('HGET', key('triggers'), ARGV[1] .. ':' .. ARGV[2])
  if stands ~= ARGV[3] and stands ~= ARGV[4] then return 0 end
end
trigger(ARGV[1], ARGV[2], 0, true)
return 1
