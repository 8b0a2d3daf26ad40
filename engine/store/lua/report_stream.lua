-- Write how the account's stream is, if its leader still is the reporter.
--
-- KEYS[1]  stream           hash, see lead_stream.lua
-- ARGV[1]  now_ms           "" = this server's time
-- ARGV[2]  term
-- ARGV[3]  is_live          "1" or "0"
-- ARGV[4]  answered_doubts  how many doubts there were when the connection was begun
-- ARGV[5]  live_since_ms
-- ARGV[6]  heard_at_ms
-- ARGV[7]  messages
-- ARGV[8]  reconnects
--
-- Returns 1 when it was written, 0 when the term is over.

-- @include now
local now = now_ms(ARGV[1])
local stored = redis.call("HMGET", KEYS[1], "term", "until_ms", "doubts")
if stored[1] ~= ARGV[2] or now >= tonumber(stored[2] or 0) then
    return 0
end
local live = ARGV[3]
if (stored[3] or "0") ~= ARGV[4] then
    live = "0"  -- Doubted since: only another connection answers that
end
redis.call("HSET", KEYS[1], "live", live, "reported_at_ms", now, "live_since_ms", ARGV[5],
    "heard_at_ms", ARGV[6], "messages", ARGV[7], "reconnects", ARGV[8])
return 1
