-- Look at the account's stream.
--
-- KEYS[1]  stream  hash, see lead_stream.lua
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns {1 while somebody leads, 1 while the stream can be relied on, the hash as a flat list}.

-- @include now
local now = now_ms(ARGV[1])
local names = {"until_ms", "live", "reported_at_ms", "ttl_ms"}
local stored = redis.call("HMGET", KEYS[1], unpack(names))
local is_led = stored[1] and now < tonumber(stored[1])
local is_live = is_led and stored[2] == "1" and now < tonumber(stored[3]) + tonumber(stored[4])
return {is_led and 1 or 0, is_live and 1 or 0, redis.call("HGETALL", KEYS[1])}
