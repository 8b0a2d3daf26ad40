-- Lift the owner's own bar of a symbol.
--
-- KEYS[1]  account  hash
-- ARGV[1]  field    the symbol's
-- ARGV[2]  owner
--
-- Returns 1; somebody else's bar stays.

local books = {account = KEYS[1]}
-- @include bars
if bar_owner(ARGV[1]) == ARGV[2] then
    redis.call("HDEL", KEYS[1], ARGV[1])
end
return 1
