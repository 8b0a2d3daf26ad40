-- Forget a ledger's oldest rows: the archive has them, and the checkpoint includes them.
--
-- KEYS[1]  account
-- KEYS[2]  cursors     hash: symbol -> number of rows ever booked
-- KEYS[3]  ledger      list
-- KEYS[4]  rows        hash: <ledger epoch>/<row id> -> the write that booked it
-- KEYS[5]  checkpoint  hash: see keys.py
-- KEYS[6]  position    record {version, body, cursor}
-- KEYS[7]  exchange_ids
-- ARGV[1]  write_id
-- ARGV[2]  plan        JSON: life = the one that the rows were read in (see _life.lua), symbol,
--                      before = rows that left already, ledger_epoch = theirs, body,
--                      until_ms, until_number,
--                      is_folded = the symbol has a position, gone = list of {id, order = field in
--                      exchange_ids or ""}
--
-- The id of a row stays while its order is here, marked: every commit of it names all its trades.
-- Returns 1, or 0 when the ledger begins elsewhere, is another one by now (the exchange reset its
-- own, or the store was lost), or its position has not folded the rows.

-- @include epoch
-- @include life
local plan = cjson.decode(ARGV[2])
if redis.call("HGET", KEYS[5], "writer") == ARGV[1] then
    return 1
end
local ledger_epoch = redis.call("HGET", KEYS[1], "ledger_epoch") or "0"
if plan.ledger_epoch ~= ledger_epoch or not is_same_life(KEYS[1], plan.life) then
    return 0
end
local booked = tonumber(redis.call("HGET", KEYS[2], plan.symbol) or "0")
local here = redis.call("LLEN", KEYS[3])
local count = #plan.gone
if booked - here ~= plan.before or here < count then
    return 0
end
local folded = tonumber(redis.call("HGET", KEYS[6], "cursor") or "0")
if plan.is_folded and folded < plan.before + count then
    return 0
end

-- First: a full server lets a script go on that began by making room
redis.call("LTRIM", KEYS[3], count, -1)
redis.call("HSET", KEYS[5], "body", plan.body, "until_ms", plan.until_ms, "until_number",
    plan.until_number, "ledger_epoch", ledger_epoch, "writer", ARGV[1])
for _, row in ipairs(plan.gone) do
    local field = ledger_epoch .. "/" .. row.id
    if row.order ~= "" and redis.call("HEXISTS", KEYS[7], row.order) == 1 then
        redis.call("HSET", KEYS[4], field, "left")
    else
        redis.call("HDEL", KEYS[4], field)
    end
end
return 1
