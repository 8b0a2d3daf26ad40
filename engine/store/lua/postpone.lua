-- Move an order's next look, if nobody took the work over and the order is still watched.
--
-- KEYS[1]  due        sorted set: order -> time of its next look
-- KEYS[2]  sequence   hash: order -> number of the last change of its due time
-- ARGV[1]  order
-- ARGV[2]  number that the caller holds
-- ARGV[3]  time of the next look in ms
--
-- Returns 1 when it was moved, else 0.

if redis.call("HGET", KEYS[2], ARGV[1]) ~= ARGV[2] then
    return 0
end
redis.call("ZADD", KEYS[1], "XX", ARGV[3], ARGV[1])
return 1
