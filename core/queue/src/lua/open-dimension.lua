-- include: common, gate, closures
-- Ends closures of a dimension, and grants what fits.
-- KEYS[1] prefix · ARGV[1] dimension  [2] by whom  [3] correlation id  then causes
-- Returns { 1 when there was one, grants made, budget }
local found = 0
for at = 4, #ARGV do
  if openDimension(ARGV[1], ARGV[at], ARGV[2], ARGV[3]) then found = 1 end
end
local budget = 1000
return { found, pump(budget), budget }
