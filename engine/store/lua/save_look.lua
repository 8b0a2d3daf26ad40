-- Write what a look at the open orders remembers, and plan the next look.
--
-- KEYS[1]  look       record {version, body}, and {was_live, written_ms, saved_at_ms}
-- KEYS[2]  due        sorted set: order, or the look's own entry -> time of its next look
-- KEYS[3]  sequence   hash: the same -> number of the last change of its due time
-- KEYS[4]  account    hash that knows when was planned last, and the first version of this life
-- ARGV[1]  write_id
-- ARGV[2]  now_ms       "" = this server's time
-- ARGV[3]  the version to write over
-- ARGV[4]  the look's entry in the due set
-- ARGV[5]  was_live     "1": the next look relies on the stream until then
-- ARGV[6]  body
-- ARGV[7]  written_ms   now, by the clock that the body's times are of
-- ARGV[8]  ms until the next look; -1 for none
--
-- Returns 1, or 0 when another look has written meanwhile, or in an earlier life of the server.

-- @include now
-- @include versions
-- @include epoch
-- @include numbers
-- @include records
-- @include due_times
local now, entry, check_in_ms = now_ms(ARGV[2]), ARGV[4], tonumber(ARGV[8])
local outcome = save_over(KEYS[1], KEYS[4], ARGV[3], ARGV[6], ARGV[1], now)
if outcome ~= "written" then
    return outcome == "repeated" and 1 or 0
end

local is_over = check_in_ms < 0
redis.call("HSET", KEYS[1], "was_live", is_over and "0" or ARGV[5], "written_ms", ARGV[7],
    "saved_at_ms", now)
redis.call("HDEL", KEYS[3], entry)
if is_over then
    redis.call("ZREM", KEYS[2], entry)
else
    begin_planning(due_orders(KEYS[2], KEYS[4]), now)
    redis.call("ZADD", KEYS[2], now + check_in_ms, entry)
end
return 1
