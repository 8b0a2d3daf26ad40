-- Forget a group of settled orders: the archive has it. Only whole, and only what has come to rest.
--
-- KEYS[1..15]  the order books
-- KEYS[16]     archived_keys  bit field, see _archived.lua
-- ARGV[1]      plan  JSON: archive_id, group (see _groups.lua), request = key or "", orders = list
--                    of {id, key, version, timeline, exchange_ids = fields, bits,
--                    rows = list of {key, field}}, is_look = only tell whether it may go
--
-- Returns 1 when nothing of it is here any more, 0 while it has to stay.

-- @include books
-- @include archived
local plan = cjson.decode(ARGV[1])
local group = plan.group

local function is_gone()
    for _, order in ipairs(plan.orders) do
        if redis.call("EXISTS", order.key) == 1 then
            return false
        end
    end
    return true
end

local function is_at_rest(order)
    return redis.call("HGET", order.key, "version") == order.version
        and not redis.call("ZSCORE", books.active, order.id)
        and not redis.call("ZSCORE", books.in_doubt, order.id)
        and not redis.call("ZSCORE", books.due, order.id)
        and redis.call("HEXISTS", books.reservations, order.id) == 0
        and redis.call("HEXISTS", books.watched, order.id) == 0
end

local function is_complete()
    local known = redis.call("HMGET", group.key, "size", "entries")
    local entries = tonumber(known[2] or "0")
    if tonumber(known[1] or "0") ~= #plan.orders or entries < 1 then
        return false
    end
    if redis.call("SCARD", group.pending) > 0 then
        return false
    end
    for number = 0, entries - 1 do
        local entry = number == 0 and group.id or group.id .. ":" .. number
        if redis.call("HEXISTS", books.outbox_entries, entry) == 1 then
            return false
        end
    end
    return true
end

local function forget(order)
    redis.call("DEL", order.key, order.timeline)
    redis.call("ZREM", books.recent, order.id)
    for _, named in ipairs(order.exchange_ids) do
        if redis.call("HGET", books.exchange_ids, named) == order.id then
            redis.call("HDEL", books.exchange_ids, named)
        end
    end
    for _, row in ipairs(order.rows) do
        if redis.call("HGET", row.key, row.field) == "left" then
            redis.call("HDEL", row.key, row.field)
        end
    end
    note_archived(KEYS[16], order.bits)
end

if redis.call("HGET", books.account, "archive_id") ~= plan.archive_id then
    return 0
end
if is_gone() then
    return 1
end
if not is_complete() or (plan.request ~= "" and redis.call("EXISTS", plan.request) == 1) then
    return 0
end
for _, order in ipairs(plan.orders) do
    if not is_at_rest(order) then
        return 0
    end
end
if plan.is_look then
    return 1
end
for _, order in ipairs(plan.orders) do
    forget(order)
end
redis.call("DEL", group.key, group.symbols)
return 1
