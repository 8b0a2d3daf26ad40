-- Move the mark up to which REST has shown a symbol's trades.
--
-- KEYS[1]  trade_cursors  hash: symbol -> mark
-- KEYS[2]  written        string: this very write was done (kept for an hour)
-- KEYS[3]  account
-- ARGV[1]  symbol
-- ARGV[2]  mark
-- ARGV[3]  from           the mark that was read on from, "" for none; "*" = whatever it was
-- ARGV[4]  life           JSON, see _life.lua: the one that it was read in; "" = any
--
-- Returns 1, or 0 when the mark is another one by now, or when that life is over: the rows that
-- were read may have gone with the data, and a mark behind them would hide them. A failover takes
-- the newest writes alone, so that the mark can be the same.

-- @include epoch
-- @include life
if redis.call("EXISTS", KEYS[2]) == 1 then
    return 1
end
local stored = redis.call("HGET", KEYS[1], ARGV[1]) or ""
if ARGV[3] ~= "*" and stored ~= ARGV[3] then
    return 0
end
if ARGV[4] ~= "" and not is_same_life(KEYS[3], cjson.decode(ARGV[4])) then
    return 0
end
redis.call("SET", KEYS[2], "1", "PX", 3600000)
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
