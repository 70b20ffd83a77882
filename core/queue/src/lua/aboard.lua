-- include: common, batches
-- Who of a batch is still to be worked on: neither ended, nor triggered in another way meanwhile.
-- KEYS[1] prefix · ARGV[1] kind  [2] nonce of the batch  [3] '1' when those whose request has ended are wanted too; then id and nonce of each
-- Returns 1 or 0 for each
local answers = {}
for at = 4, #ARGV, 2 do
  local wanted = isStillTriggeredBy(ARGV[1], ARGV[at], ARGV[at + 1], ARGV[2])
  if wanted and ARGV[3] ~= '1' then wanted = not redis.call('HGET', key('req:' .. ARGV[at]), 'endedAt') end
  answers[#answers + 1] = wanted and 1 or 0
end
return answers
