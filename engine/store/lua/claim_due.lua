-- Take the orders whose time has come; each comes back when the lease is over.
--
-- KEYS[1]  due        sorted set: order -> time of its next look
-- KEYS[2]  sequence   hash: order -> number of the last change of its due time
-- KEYS[3]  account    hash that counts those numbers and knows when was planned last
-- KEYS[4]  claimed    string: what this very claim answered
-- ARGV[1]  now_ms     "" = this server's time
-- ARGV[2]  lease_ms
-- ARGV[3]  limit
--
-- Returns {order, number, order, number, ...}; nothing is written when nothing is due.

-- @include now
-- @include due_times
local now, lease_ms = now_ms(ARGV[1]), tonumber(ARGV[2])
local before = redis.call("GET", KEYS[4])
if before then
    return cjson.decode(before)
end

local times = due_orders(KEYS[1], KEYS[3])
local due = list_due(times, now, ARGV[3])
if #due == 0 then
    return due
end
begin_planning(times, now)
local last = redis.call("HINCRBY", KEYS[3], "due_counter", #due)
local taken = {}
for place, id in ipairs(due) do
    local number = tostring(last - #due + place)
    redis.call("HSET", KEYS[2], id, number)
    redis.call("ZADD", KEYS[1], now + lease_ms, id)
    table.insert(taken, id)
    table.insert(taken, number)
end
redis.call("SET", KEYS[4], cjson.encode(taken), "PX", lease_ms)
return taken
