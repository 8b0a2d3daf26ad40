-- Look at everything that a limit is compared with, at one moment.
--
-- KEYS[1]  account
-- KEYS[2]  reservations  hash: order -> what it may still add
-- KEYS[3]  cursors       hash: symbol -> number of rows ever booked
-- KEYS[4]  positions     set of symbols
-- KEYS[5]  paced         sorted set: order -> when it was recorded
-- KEYS[6]  rejections    sorted set: refusal -> when
-- ARGV[1]  what the key of a position begins with
-- ARGV[2]  what the key of a ledger begins with
-- ARGV[3]  now_ms  "" = this server's time
--
-- Returns {risk version, trading state or "", reservations, positions, {symbol, rows, ...},
-- now, orders of the last minute, {refusal, when, ...} of the last hour}.

-- @include now
local now = now_ms(ARGV[3])
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
-- Times of a clock that was ahead and was put right count for a minute at most
local paced = redis.call("ZCOUNT", KEYS[5], "(" .. (now - 60000), now + 60000)
local refused = redis.call("ZRANGEBYSCORE", KEYS[6], now - 3600000, now + 60000, "WITHSCORES")
return {
    account[1] or "0", account[2] or "", reservations, positions, unfolded, now, paced, refused,
}
