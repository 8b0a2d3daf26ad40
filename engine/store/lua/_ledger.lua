-- Book rows once each: rows = list of {id, symbol, ledger, rows = the key of the row ids, body}.
-- Returns how many of them this very write booked, now or when it ran before, and how many now.
local function book(rows, account, cursors, write_id)
    local ledger_epoch = redis.call("HGET", account, "ledger_epoch") or "0"
    local own, new = 0, 0
    for _, row in ipairs(rows) do
        local field = ledger_epoch .. "/" .. row.id
        if redis.call("HSETNX", row.rows, field, write_id) == 1 then
            redis.call("HSET", cursors, row.symbol, redis.call("RPUSH", row.ledger, row.body))
            new = new + 1
            own = own + 1
        elseif redis.call("HGET", row.rows, field) == write_id then
            own = own + 1
        end
    end
    return own, new
end
