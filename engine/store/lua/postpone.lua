-- Move next looks, where nobody took the work over and the order is still watched.
--
-- KEYS[1]  due        sorted set: order -> time of its next look
-- KEYS[2]  sequence   hash: order -> number of the last change of its due time
-- ARGV     three for each: order, number that the caller holds, time of the next look in ms
--
-- Returns how many were moved.

local moved = 0
for i = 1, #ARGV, 3 do
    if redis.call("HGET", KEYS[2], ARGV[i]) == ARGV[i + 1] then
        redis.call("ZADD", KEYS[1], "XX", ARGV[i + 2], ARGV[i])
        moved = moved + 1
    end
end
return moved
