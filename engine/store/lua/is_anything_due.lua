-- Tell whether the time of any order has come.
--
-- KEYS[1]  due     sorted set: order -> time of its next look
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns 1 or 0.

-- @include now
return #redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", now_ms(ARGV[1]), "LIMIT", 0, 1)
