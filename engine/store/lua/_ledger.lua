-- Book rows once each: rows = list of {id, symbol, ledger, rows = the key of the row ids, body,
-- also = rows that are booked with it, and only then: they need no once of their own}.
-- Returns how many of them this very write booked, now or when it ran before, and how many now.
local function append(row, field, cursors, write_id)
    redis.call("HSET", row.rows, field, write_id)
    redis.call("HSET", cursors, row.symbol, redis.call("RPUSH", row.ledger, row.body))
end

local function book(rows, account, cursors, write_id)
    local ledger_epoch = redis.call("HGET", account, "ledger_epoch") or "0"
    local own, new = 0, 0
    for _, row in ipairs(rows) do
        local field = ledger_epoch .. "/" .. row.id
        local writer = redis.call("HGET", row.rows, field)
        if not writer then
            append(row, field, cursors, write_id)
            for _, other in ipairs(row.also) do
                append(other, ledger_epoch .. "/" .. other.id, cursors, write_id)
            end
            new = new + 1
        end
        if not writer or writer == write_id then
            own = own + 1
        end
    end
    return own, new
end
