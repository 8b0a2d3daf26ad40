-- Book rows once each: rows = list of {id, symbol, ledger, rows = the key of the row ids, body,
-- also = rows that are booked with it, and only then: they need no once of their own,
-- ledger_epoch = which ledger of the exchange it was read from: a row of another one is not booked,
-- checkpoint, doubted = keys, at_ms, number = the trade id as digits or "",
-- is_proven = the archive does not have it}.
local function append(row, field, cursors, write_id)
    redis.call("HSET", row.rows, field, write_id)
    redis.call("RPUSH", row.ledger, row.body)
    redis.call("HINCRBY", cursors, row.symbol, 1)
end

-- Tell whether digits are a larger number; they may have more of them than a float counts.
local function is_above(number, other)
    if #number ~= #other then
        return #number > #other
    end
    return number > other
end

-- Tell whether the row may be one that left for the archive, which took its id with it.
local function may_have_left(row, ledger_epoch)
    local left = redis.call("HMGET", row.checkpoint, "until_ms", "until_number", "ledger_epoch")
    if row.is_proven or not left[1] or left[3] ~= ledger_epoch then
        return false
    end
    if row.at_ms <= tonumber(left[1]) then
        return true
    end
    return row.number ~= "" and left[2] ~= "" and not is_above(row.number, left[2])
end

-- Returns how many of them this very write booked, now or when it ran before, and how many now.
-- A row that may have left is set aside: the archive tells whether it was booked before.
local function book(rows, account, cursors, write_id)
    local ledger_epoch = redis.call("HGET", account, "ledger_epoch") or "0"
    local own, new = 0, 0
    for _, row in ipairs(rows) do
        local field = ledger_epoch .. "/" .. row.id
        local writer = redis.call("HGET", row.rows, field)
        local is_current = row.ledger_epoch == ledger_epoch  -- Else the exchange has reset it since
        if is_current and not writer and may_have_left(row, ledger_epoch) then
            redis.call("HSETNX", row.doubted, row.symbol .. " " .. field, row.body)
        elseif is_current and not writer then
            append(row, field, cursors, write_id)
            for _, other in ipairs(row.also) do
                append(other, ledger_epoch .. "/" .. other.id, cursors, write_id)
            end
            new, own = new + 1, own + 1
        elseif is_current and writer == write_id then
            own = own + 1
        end
    end
    return own, new
end
