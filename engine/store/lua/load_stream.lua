-- Look at the account's stream.
--
-- KEYS[1]  stream  hash, see lead_stream.lua
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns {1 while somebody leads, 1 while the stream can be relied on, the hash as a flat list}.

-- @include now
-- @include stream_life
local is_led, is_live = stream_life(KEYS[1], now_ms(ARGV[1]))
return {is_led and 1 or 0, is_live and 1 or 0, redis.call("HGETALL", KEYS[1])}
