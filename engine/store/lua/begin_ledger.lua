-- Begin a new ledger: the exchange reset its own, and counts trades and orders from 1 again.
--
-- KEYS[1..15]  the order books
-- KEYS[16]     portfolio       record {version, body}
-- KEYS[17]     positions       set of symbols
-- KEYS[18]     trade_cursors   hash: symbol -> mark
-- KEYS[19]     published       hash: outbox entry -> how often it was published
-- KEYS[20]     former_cursors  hash: symbol -> number of rows that the old ledger has
-- KEYS[21]     doubted        rows that may have left the old ledger: nobody asks any more
-- ARGV[1]      write_id
-- ARGV[2]      plan  JSON: ledger_epoch = the one that ends; began_at_ms; positions = {symbol =
--                    body of the flat position}, and symbols = all that have rows; portfolio, portfolio_version = the record to write
--                    over, "" and "0" for none; position_key, ledger_key, former_key = what the
--                    keys of a symbol begin with; events
--
-- The old rows move aside and stay readable. Positions and portfolio go on from their versions, so
-- that whoever computed one from the old rows loses the race; the life of the data is another one,
-- so that whoever reckoned rows from the old ones books none. Claims are held, and the account
-- counts as not opened, until a reconcile has rebuilt it.
-- Returns 1, or 0 when another ledger began, or rows or a portfolio were written meanwhile.

-- @include books
-- @include versions
-- @include events
local write_id, plan = ARGV[1], cjson.decode(ARGV[2])
local account = redis.call("HMGET", books.account, "ledger_epoch", "ledger_by")
if (account[1] or "0") ~= plan.ledger_epoch then
    return account[2] == write_id and 1 or 0
end
local known, symbols = {}, redis.call("HKEYS", books.cursors)
for _, symbol in ipairs(plan.symbols) do
    known[symbol] = true
end
for _, symbol in ipairs(symbols) do
    if not known[symbol] then
        return 0
    end
end
if look_at(KEYS[16], plan.portfolio_version, write_id) ~= plan.portfolio_version then
    return 0
end

redis.call("HSET", books.account, "ledger_epoch", plan.ledger_epoch + 1, "ledger_by", write_id,
    "ledger_began_at_ms", plan.began_at_ms, "life", write_id)
redis.call("HDEL", books.account, "opened_at_ms", "run_id", "replication_id")
redis.call("HINCRBY", books.account, "risk_version", 1)
for _, symbol in ipairs(symbols) do
    if redis.call("EXISTS", plan.ledger_key .. symbol) == 1 then
        redis.call("RENAME", plan.ledger_key .. symbol, plan.former_key .. symbol)
    end
    local checkpoint = plan.ledger_key .. symbol .. ":checkpoint"
    if redis.call("EXISTS", checkpoint) == 1 then
        redis.call("RENAME", checkpoint, plan.former_key .. symbol .. ":checkpoint")
    end
    redis.call("DEL", plan.ledger_key .. symbol .. ":rows")
end
for symbol, body in pairs(plan.positions) do
    local key = plan.position_key .. symbol
    write_version(key, redis.call("HGET", key, "version") or "0", body, write_id)
    redis.call("HSET", key, "cursor", 0)
    redis.call("SADD", KEYS[17], symbol)
end
if plan.portfolio ~= "" then
    write_version(KEYS[16], plan.portfolio_version, plan.portfolio, write_id)
end
if #symbols > 0 then
    redis.call("RENAME", books.cursors, KEYS[20])
end
redis.call("DEL", KEYS[18], books.exchange_ids, books.outbox, books.outbox_entries, KEYS[19],
    KEYS[21])
tell(books.events, plan.events)
return 1
