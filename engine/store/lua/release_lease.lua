-- Give a lease back, if it is still the owner's.
--
-- KEYS[1]  lease  hash {owner, until_ms}
-- ARGV[1]  owner
--
-- Returns 1: the owner does not have it any more.

if redis.call("HGET", KEYS[1], "owner") == ARGV[1] then
    redis.call("DEL", KEYS[1])
end
return 1
