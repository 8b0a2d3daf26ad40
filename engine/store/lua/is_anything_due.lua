-- Tell whether a sweep has anything to do.
--
-- KEYS[1]  due     sorted set: order -> time of its next look
-- KEYS[2]  look    hash, see save_look.lua
-- KEYS[3]  stream  hash, see lead_stream.lua
-- KEYS[4]  account  hash that knows when was planned last
-- KEYS[5]  deadlines  sorted set: order -> when its end is to be wished
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns 1 when the time of an order has come or its time limit is over, or when the next look was planned for a live
-- stream and the stream is not live any more; else 0.

-- @include now
-- @include due_times
-- @include stream_life
local now = now_ms(ARGV[1])
if #list_due(due_orders(KEYS[1], KEYS[4]), now, 1) == 1 then
    return 1
end
if #redis.call("ZRANGEBYSCORE", KEYS[5], "-inf", now, "LIMIT", 0, 1) == 1 then
    return 1
end
if redis.call("HGET", KEYS[2], "was_live") ~= "1" then
    return 0
end
local _, is_live = stream_life(KEYS[3], now)
return is_live and 0 or 1
