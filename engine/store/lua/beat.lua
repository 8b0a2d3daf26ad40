-- Leave a sign of life, and drop those that have ended.
--
-- KEYS[1]  beats  hash: name -> time of its newest sign
-- KEYS[2]  ends   sorted set: name -> when it ends, by this server's time
-- ARGV[1]  now_ms  "" = this server's time
-- ARGV[2]  name
-- ARGV[3]  time of the sign, by its maker's clock
-- ARGV[4]  ttl_ms
--
-- Returns 1.

-- @include now
local now = now_ms(ARGV[1])
redis.call("HSET", KEYS[1], ARGV[2], ARGV[3])
redis.call("ZADD", KEYS[2], now + ARGV[4], ARGV[2])
for _, name in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", now)) do
    redis.call("HDEL", KEYS[1], name)
    redis.call("ZREM", KEYS[2], name)
end
return 1
