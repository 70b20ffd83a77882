-- include: common, gate
-- Goes on granting where an earlier call stopped at its budget.
-- KEYS[1] prefix · ARGV[1] budget
-- Returns grants made
return pump(tonumber(ARGV[1]))
