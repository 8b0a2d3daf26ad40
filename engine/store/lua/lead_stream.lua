-- Take or renew the leadership of the account's stream.
--
-- KEYS[1]  stream  hash {leader, until_ms, ttl_ms, term, live, doubts, doubt, reported_at_ms,
--                  live_since_ms, heard_at_ms, messages, reconnects}
-- ARGV[1]  now_ms  "" = this server's time
-- ARGV[2]  owner
-- ARGV[3]  ttl_ms
--
-- Returns the term: a larger one when the leader is new, or comes back after its lease ran out;
-- 0 while another leads. Terms begin with the time: after the loss of the data a new one is still
-- larger than every one of before, whose leader may yet report.

-- @include now
-- @include leases
local now, owner, ttl_ms = now_ms(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local leader, ends = redis.call("HGET", KEYS[1], "leader"), lease_end(KEYS[1], now)
local is_led = leader and now < ends
if is_led and leader ~= owner then
    return 0
end
if not is_led then
    local last = tonumber(redis.call("HGET", KEYS[1], "term") or "0")
    redis.call("HSET", KEYS[1], "term", string.format("%.0f", math.max(last + 1, now)))
    redis.call("HSET", KEYS[1], "live", 0, "messages", 0, "reconnects", 0)
end
redis.call("HSET", KEYS[1], "leader", owner, "until_ms", now + ttl_ms, "ttl_ms", ttl_ms)
return tonumber(redis.call("HGET", KEYS[1], "term"))
