-- Drop an entry: positions and portfolio cover it. Twice is as good as once.
--
-- KEYS[1]  outbox     sorted set
-- KEYS[2]  entries    hash
-- KEYS[3]  published  hash
-- ARGV[1]  entry
--
-- Returns 1.

redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("HDEL", KEYS[2], ARGV[1])
redis.call("HDEL", KEYS[3], ARGV[1])
return 1
