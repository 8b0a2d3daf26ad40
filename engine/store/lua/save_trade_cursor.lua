-- Move the mark up to which REST has shown a symbol's trades.
--
-- KEYS[1]  trade_cursors  hash: symbol -> mark
-- KEYS[2]  written        string: this very write was done (kept for an hour)
-- ARGV[1]  symbol
-- ARGV[2]  mark
-- ARGV[3]  from           the mark that was read on from, "" for none; "*" = whatever it was
--
-- Returns 1, or 0 when the mark is another one by now: the rows that were read may have gone with
-- the data, and a mark behind them would hide them.

if redis.call("EXISTS", KEYS[2]) == 1 then
    return 1
end
local stored = redis.call("HGET", KEYS[1], ARGV[1]) or ""
if ARGV[3] ~= "*" and stored ~= ARGV[3] then
    return 0
end
redis.call("SET", KEYS[2], "1", "PX", 3600000)
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
