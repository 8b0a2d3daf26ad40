-- Ask for an update outside any group, once for each id.
--
-- KEYS[1..15]  the order books
-- KEYS[16]     opened   string: the id was asked for (kept for a day)
-- ARGV[1]      now_ms   "" = this server's time
-- ARGV[2]      plan     JSON: entry_id, cursors
--
-- Returns 1.

-- @include books
-- @include now
-- @include due_times
-- @include outbox
local plan = cjson.decode(ARGV[2])
if redis.call("SET", KEYS[16], "1", "NX", "PX", 86400000) then
    open_entry(plan.entry_id, "", plan.cursors, now_ms(ARGV[1]))
end
return 1
