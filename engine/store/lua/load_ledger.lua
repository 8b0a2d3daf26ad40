-- Look at a ledger from a row on, and at what left before.
--
-- KEYS[1]  ledger      list of the rows that are still here
-- KEYS[2]  cursors     hash: symbol -> number of rows ever booked
-- KEYS[3]  checkpoint  hash: see keys.py
-- ARGV[1]  symbol
-- ARGV[2]  after       rows that the caller does not need
--
-- Returns {checkpoint or "", number of the rows before the first that follows, {rows}}.

local booked = tonumber(redis.call("HGET", KEYS[2], ARGV[1]) or "0")
local left = booked - redis.call("LLEN", KEYS[1])
local first = math.max(tonumber(ARGV[2]), left)
local rows = redis.call("LRANGE", KEYS[1], first - left, -1)
return {redis.call("HGET", KEYS[3], "body") or "", first, rows}
