-- Write a signal's record, and note whether it still waits to be acted on.
--
-- KEYS[1]  signal   string: the record
-- KEYS[2]  waiting  sorted set of signal ids by the time they came in
-- KEYS[3]  writer   string: the write_id of the record
-- KEYS[4]  closed   sorted set of the ids that are over, by the time of their end
-- ARGV[1]  signal_id
-- ARGV[2]  body
-- ARGV[3]  ttl_ms
-- ARGV[4]  only_new     "1" = leave what stands there
-- ARGV[5]  waits_since  ms, or "" when it was acted on
-- ARGV[6]  write_id
-- ARGV[7]  now_ms       "" = this server's time
--
-- Returns 1 when this call wrote the record, now or when it ran before; else 0.

-- @include now
local now = now_ms(ARGV[7])
local standing = redis.call("GET", KEYS[1])
if standing and ARGV[4] == "1" then
    return redis.call("GET", KEYS[3]) == ARGV[6] and 1 or 0
end
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
redis.call("SET", KEYS[3], ARGV[6], "PX", ARGV[3])
if ARGV[5] == "" then
    redis.call("ZREM", KEYS[2], ARGV[1])
    redis.call("ZADD", KEYS[4], "NX", now, ARGV[1])
    redis.call("ZREMRANGEBYSCORE", KEYS[4], "-inf", now - ARGV[3])  -- Their records have expired
else
    redis.call("ZADD", KEYS[2], ARGV[5], ARGV[1])
end
return 1
