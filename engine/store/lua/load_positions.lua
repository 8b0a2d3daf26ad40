-- Look at every position.
--
-- KEYS[1]  positions  set of symbols
-- ARGV[1]  what the key of a position begins with
--
-- Returns their bodies, by symbol.

local symbols = redis.call("SMEMBERS", KEYS[1])
table.sort(symbols)
local bodies = {}
for _, symbol in ipairs(symbols) do
    table.insert(bodies, redis.call("HGET", ARGV[1] .. symbol, "body"))
end
return bodies
