-- include: common, batches
-- One of a batch goes on by itself, unless something else triggers it already.
-- KEYS[1] prefix · ARGV[1] kind  [2] id  [3] nonce of its own trigger  [4] nonce of the batch
-- Returns 1, or 0 when it has another trigger or needs none any more
if tracked[ARGV[1]] and not isStillTriggeredBy(ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
trigger(ARGV[1], ARGV[2], 0, true)
return 1
