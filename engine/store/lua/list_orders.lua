-- Look at the orders of one index.
--
-- KEYS[1]  index  sorted set of client order ids by creation
-- ARGV[1]  what the key of an order begins with
-- ARGV[2]  limit
-- ARGV[3]  command: ZRANGE = oldest first, ZREVRANGE = newest first
--
-- Returns the orders' bodies.

local bodies = {}
for _, id in ipairs(redis.call(ARGV[3], KEYS[1], 0, ARGV[2] - 1)) do
    table.insert(bodies, redis.call("HGET", ARGV[1] .. id, "body"))
end
return bodies
