-- Whether the trigger that something has is its own of then or that of the batch it is in: nothing else has triggered it since, and it is still wanted.
local function isStillTriggeredBy(kind, id, own, batch)
  local stands = redis.call('HGET', key('triggers'), kind .. ':' .. id)
  return stands == own or stands == batch
end
