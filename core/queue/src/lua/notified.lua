-- include: common
-- The client of a request was told, or cannot be: nothing is left to trigger for it.
-- KEYS[1] prefix · ARGV[1] request id
-- Returns nothing
untrack('notify:' .. ARGV[1])
untrack('finish:' .. ARGV[1])
