-- Doubt the account's stream: a poll saw what it should have brought.
--
-- KEYS[1]  stream  hash, see lead_stream.lua
-- ARGV[1]  term
-- ARGV[2]  reason
--
-- Returns 1. A stream that was live under this term is not any more, and the number of doubts
-- tells its leader to connect again. Nothing happens to one that is not live: one doubt at a
-- time is enough.

local stored = redis.call("HMGET", KEYS[1], "term", "live")
if stored[1] == ARGV[1] and stored[2] == "1" then
    redis.call("HINCRBY", KEYS[1], "doubts", 1)
    redis.call("HSET", KEYS[1], "live", 0, "doubt", ARGV[2])
end
return 1
