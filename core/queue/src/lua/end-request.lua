-- include: common, ending
-- Ends a request, once. Refused while parts of it are under way: they end it.
-- KEYS[1] prefix · ARGV[1] request id  [2] state  [3] event data (JSON)  then names and values of the record
-- Returns 1, or 0 when it had ended or cannot end yet
local record = redis.call('HMGET', key('req:' .. ARGV[1]), 'state', 'endedAt', 'total', 'ended')
if not record[1] or record[2] or tonumber(record[3]) > tonumber(record[4]) then return 0 end
endRequest(ARGV[1], ARGV[2], ARGV[3], { unpack(ARGV, 4) })
return 1
