-- Look at orders that are not unfinished, oldest first.
--
-- KEYS[1]  recent  sorted set of all orders, by creation
-- KEYS[2]  active  sorted set of those that are not settled
-- ARGV[1]  what the key of an order begins with
-- ARGV[2]  before_ms
-- ARGV[3]  offset
-- ARGV[4]  limit
--
-- Returns {how many were looked at, {version, body, ...}}.

local before = "(" .. ARGV[2]
local ids = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", before, "LIMIT", ARGV[3], ARGV[4])
local found = {}
for _, id in ipairs(ids) do
    if not redis.call("ZSCORE", KEYS[2], id) then
        local order = redis.call("HMGET", ARGV[1] .. id, "version", "body")
        table.insert(found, order[1])
        table.insert(found, order[2])
    end
end
return {#ids, found}
