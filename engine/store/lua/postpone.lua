-- Move next looks, where nobody took the work over and the order is still watched.
--
-- KEYS[1]  due        sorted set: order -> time of its next look
-- KEYS[2]  sequence   hash: order -> number of the last change of its due time
-- KEYS[3]  account    hash that knows when was planned last
-- ARGV[1]  now_ms     "" = this server's time
-- ARGV     then three for each: order, number that the caller holds, ms until the next look
--
-- Returns how many were moved.

-- @include now
-- @include due_times
local now, moved = now_ms(ARGV[1]), 0
begin_planning(due_orders(KEYS[1], KEYS[3]), now)
for i = 2, #ARGV, 3 do
    if redis.call("HGET", KEYS[2], ARGV[i]) == ARGV[i + 1] then
        redis.call("ZADD", KEYS[1], "XX", now + ARGV[i + 2], ARGV[i])
        moved = moved + 1
    end
end
return moved
