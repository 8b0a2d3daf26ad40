-- Give the leadership of the account's stream up, if it still is this term's.
--
-- KEYS[1]  stream  hash, see lead_stream.lua
-- ARGV[1]  term
--
-- Returns 1: the term is over.

if redis.call("HGET", KEYS[1], "term") == ARGV[1] then
    redis.call("HDEL", KEYS[1], "leader", "until_ms", "live")
end
return 1
