-- include: common, gate
-- Stores the intent before the call. The token of an attempt never changes: a repeat after a crash sends the same one.
-- KEYS[1] prefix · ARGV[1] part id  [2] fence  [3] attempt  [4] token
-- Returns 1 | 0 fenced, ended or about to be ended | { 'attempt', the current one } | { 'token', the stored one }: the caller's mistake
local record = key('part:' .. ARGV[1])
local part = redis.call('HMGET', record, 'state', 'fence', 'attempt', 'token', 'node', 'submitter', 'request', 'index')
if part[2] ~= ARGV[2] then return 0 end
-- The lease ended and the part was dispatched again; nobody has claimed it yet, so the fence is still that of the late one.
if not part[5] then return 0 end
if part[1] ~= 'granted' and part[1] ~= 'submitting' and part[1] ~= 'cancelling' then return 0 end
if part[1] == 'granted' and isWalkedOver(part[7], tonumber(part[8])) then return 0 end
if part[3] ~= ARGV[3] then return { 'attempt', part[3] } end
if part[4] and part[4] ~= ARGV[4] then return { 'token', part[4] } end
redis.call('HSET', record, 'token', ARGV[4], 'submitter', part[5], 'state', part[1] == 'granted' and 'submitting' or part[1])
if part[1] == 'granted' or part[6] ~= part[5] then
  local of = partOf(ARGV[1])
  local data = '{"attempt":' .. ARGV[3] .. ',"token":' .. cjson.encode(ARGV[4]) .. ',"node":' .. cjson.encode(part[5]) .. '}'
  event('part.submitting', of.corr, partSubject(ARGV[1], of), data)
end
return 1
