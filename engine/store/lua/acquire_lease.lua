-- Take or renew a lease.
--
-- KEYS[1]  lease   hash {owner, until_ms, ttl_ms}
-- ARGV[1]  now_ms  "" = this server's time
-- ARGV[2]  owner
-- ARGV[3]  ttl_ms
--
-- Returns 1 when the owner has it until ttl_ms from now, else 0.

-- @include now
-- @include leases
local now, owner, ttl_ms = now_ms(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local holder, ends = redis.call("HGET", KEYS[1], "owner"), lease_end(KEYS[1], now)
if holder and holder ~= owner and now < ends then
    return 0
end
redis.call("HSET", KEYS[1], "owner", owner, "until_ms", now + ttl_ms, "ttl_ms", ttl_ms)
if ARGV[1] == "" then
    redis.call("PEXPIRE", KEYS[1], ttl_ms)  -- Only tidies up; a simulation's time is not the key's
end
return 1
