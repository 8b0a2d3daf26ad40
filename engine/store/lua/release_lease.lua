-- Give a lease back, if it is still the owner's.
--
-- KEYS[1]  lease  hash {owner, until_ms}
-- ARGV[1]  owner
--
-- Returns 1 when it was given back, else 0.

if redis.call("HGET", KEYS[1], "owner") ~= ARGV[1] then
    return 0
end
return redis.call("DEL", KEYS[1])
