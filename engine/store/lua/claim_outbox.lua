-- Take entries that are due for publishing; each comes back after the lease until finished.
--
-- KEYS[1]  outbox     sorted set: entry -> time of its next publishing
-- KEYS[2]  entries    hash: entry -> JSON
-- KEYS[3]  published  hash: entry -> how often it was published
-- KEYS[4]  claimed    string: what this very claim answered
-- KEYS[5]  account    hash that knows when was planned last
-- ARGV[1]  now_ms     "" = this server's time
-- ARGV[2]  lease_ms
-- ARGV[3]  limit
--
-- Returns {entry, how often with this time, ...}; nothing is written when nothing is due.

-- @include now
-- @include due_times
local now, lease_ms = now_ms(ARGV[1]), tonumber(ARGV[2])
local before = redis.call("GET", KEYS[4])
if before then
    return cjson.decode(before)
end

local times = due_entries(KEYS[1], KEYS[5])
local taken, due = {}, list_due(times, now, ARGV[3])
if #due > 0 then
    begin_planning(times, now)
end
for _, id in ipairs(due) do
    local published = redis.call("HINCRBY", KEYS[3], id, 1)
    redis.call("ZADD", KEYS[1], now + lease_ms, id)
    table.insert(taken, redis.call("HGET", KEYS[2], id))
    table.insert(taken, tostring(published))
end
if #taken > 0 then
    redis.call("SET", KEYS[4], cjson.encode(taken), "PX", lease_ms)
end
return taken
