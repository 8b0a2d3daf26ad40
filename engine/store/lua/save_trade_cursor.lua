-- Move the mark up to which REST has shown a symbol's trades.
--
-- KEYS[1]  trade_cursors  hash: symbol -> mark
-- KEYS[2]  written        string: this very write was done (kept for an hour)
-- ARGV[1]  symbol
-- ARGV[2]  mark
--
-- Returns 1.

if redis.call("SET", KEYS[2], "1", "NX", "PX", 3600000) then
    redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
end
return 1
