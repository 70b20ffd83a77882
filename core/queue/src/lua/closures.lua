-- Closures: reasons for which a dimension has a limit of 0 now, each with its cause, and each raised by its own event.
local function restand(dimension)
  local limit = standing(dimension)
  if redis.call('EXISTS', key('gate:closed:' .. dimension)) == 1 then limit = 0 end
  if limit then redis.call('HSET', key('gate:limit'), dimension, text(limit)) else redis.call('HDEL', key('gate:limit'), dimension) end
  markDirty(dimension)
end

local function closeDimension(dimension, cause, closure)
  local closed = key('gate:closed:' .. dimension)
  local before = redis.call('HGET', closed, cause)
  local record = '{"by":' .. cjson.encode(closure.by) .. ',"reason":' .. cjson.encode(closure.reason)
  local ends = closure.untilMs and ',"until":' .. closure.untilMs or ''
  local since = before and string.match(before, '"at":(%d+)') or text(now())
  redis.call('HSET', closed, cause, record .. ',"at":' .. since .. ends .. '}')
  redis.call('SADD', key('gate:closed-dimensions'), dimension)
  if cause ~= 'window' then
    if closure.untilMs then planChange('end|' .. dimension .. '|' .. cause, closure.untilMs) else dropChange('end|' .. dimension .. '|' .. cause) end
  end
  restand(dimension)
  if before then return end
  local what = '{"dimension":"' .. dimension .. '","cause":' .. cjson.encode(cause) .. ',' .. string.sub(record, 2)
  event('gate.closed', closure.corr, '{}', what .. ends .. '}')
end

-- Returns whether it was closed for that cause.
local function openDimension(dimension, cause, by, corr)
  if redis.call('HDEL', key('gate:closed:' .. dimension), cause) == 0 then return false end
  if redis.call('EXISTS', key('gate:closed:' .. dimension)) == 0 then redis.call('SREM', key('gate:closed-dimensions'), dimension) end
  dropChange('end|' .. dimension .. '|' .. cause)
  restand(dimension)
  local what = '{"dimension":"' .. dimension .. '","cause":' .. cjson.encode(cause) .. ',"by":' .. cjson.encode(by) .. '}'
  event('gate.opened', corr, '{}', what)
  return true
end

-- Where the windows of a dimension stand, and until when ('' = for ever). Both are worked out by the caller for Redis' time.
local function setWindow(dimension, isOpen, untilMs, corr)
  if isOpen then
    if untilMs ~= '' then redis.call('HSET', key('gate:open-until'), dimension, untilMs) else redis.call('HDEL', key('gate:open-until'), dimension) end
    openDimension(dimension, 'window', 'window', corr)
    markDirty(dimension)
  else
    redis.call('HDEL', key('gate:open-until'), dimension)
    local ends = untilMs ~= '' and untilMs or nil
    closeDimension(dimension, 'window', { by = 'window', reason = 'outside of its window', untilMs = ends, corr = corr })
  end
  if untilMs ~= '' then planChange('window|' .. dimension, untilMs) else dropChange('window|' .. dimension) end
end

local function dropWindow(dimension, corr)
  redis.call('HDEL', key('gate:open-until'), dimension)
  dropChange('window|' .. dimension)
  openDimension(dimension, 'window', 'window', corr)
end
