-- Write what a look at the open orders remembers, and plan the next look.
--
-- KEYS[1]  look       hash {asked_at_ms, was_live, body}
-- KEYS[2]  due        sorted set: order, or the look's own entry -> time of its next look
-- KEYS[3]  sequence   hash: the same -> number of the last change of its due time
-- ARGV[1]  the look's entry in the due set
-- ARGV[2]  asked_at_ms  when the look began
-- ARGV[3]  was_live     "1": the next look relies on the stream until then
-- ARGV[4]  body
-- ARGV[5]  time of the next look in ms; -1 for none
--
-- Returns 1, or 0 when a look that began later has written.

-- @include due_times
local ahead_ms = tonumber(redis.call("HGET", KEYS[1], "asked_at_ms") or "0") - tonumber(ARGV[2])
if ahead_ms > 0 and ahead_ms < WRONG_CLOCK_MS then
    return 0
end
local is_over = tonumber(ARGV[5]) < 0
redis.call("HSET", KEYS[1], "asked_at_ms", ARGV[2], "was_live", is_over and "0" or ARGV[3],
    "body", ARGV[4])
redis.call("HDEL", KEYS[3], ARGV[1])
if is_over then
    redis.call("ZREM", KEYS[2], ARGV[1])
else
    redis.call("ZADD", KEYS[2], ARGV[5], ARGV[1])
end
return 1
