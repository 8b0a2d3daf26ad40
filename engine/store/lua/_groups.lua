-- Complete a group: group = {id, key, pending, symbols}.

local function open_group_entry(group, entry_id, now)
    local cursors = {}
    for _, symbol in ipairs(redis.call("SMEMBERS", group.symbols)) do
        cursors[symbol] = tonumber(redis.call("HGET", books.cursors, symbol))
    end
    redis.call("HINCRBY", group.key, "entries", 1)
    open_entry(entry_id, group.id, cursors, now)
end

-- Note what became of one order. The group's first entry opens when its last order is settled,
-- a further one with each write that brings it a late trade. rows = its trades (see _ledger.lua);
-- a fee in a third coin touches that coin's symbol too.
local function note_in_group(group, order, rows, gained, now)
    redis.call(order.is_active and "SADD" or "SREM", group.pending, order.id)
    if gained > 0 then
        for _, row in ipairs(rows) do
            redis.call("SADD", group.symbols, row.symbol)
            for _, other in ipairs(row.also) do
                redis.call("SADD", group.symbols, other.symbol)
            end
        end
    end
    local entries = tonumber(redis.call("HGET", group.key, "entries") or "0")
    if entries > 0 and gained > 0 then
        open_group_entry(group, group.id .. ":" .. entries, now)
    elseif entries == 0 and redis.call("SCARD", group.pending) == 0 then
        open_group_entry(group, group.id, now)
    end
end
