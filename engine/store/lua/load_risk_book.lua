-- Look at everything that a limit is compared with, at one moment.
--
-- KEYS[1]  account
-- KEYS[2]  reservations  hash: order -> what it may still add
-- KEYS[3]  cursors       hash: symbol -> number of rows ever booked
-- KEYS[4]  positions     set of symbols
-- ARGV[1]  what the key of a position begins with
-- ARGV[2]  what the key of a ledger begins with
--
-- Returns {risk version, trading state or "", reservations, positions, {symbol, rows, ...}}.

local account = redis.call("HMGET", KEYS[1], "risk_version", "trading_state")
local positions, unfolded, folded = {}, {}, {}
for _, symbol in ipairs(redis.call("SMEMBERS", KEYS[4])) do
    local position = redis.call("HMGET", ARGV[1] .. symbol, "body", "cursor")
    table.insert(positions, position[1])
    folded[symbol] = position[2]
end
for _, symbol in ipairs(redis.call("HKEYS", KEYS[3])) do
    local ledger = ARGV[2] .. symbol
    local left = redis.call("HGET", KEYS[3], symbol) - redis.call("LLEN", ledger)
    local first = math.max((folded[symbol] or 0) - left, 0)
    table.insert(unfolded, symbol)
    table.insert(unfolded, redis.call("LRANGE", ledger, first, -1))
end
local reservations = redis.call("HVALS", KEYS[2])
return {account[1] or "0", account[2] or "", reservations, positions, unfolded}
