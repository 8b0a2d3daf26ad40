-- Write an order and all by which it is found again.
-- order = {id, key, body, created_at_ms, is_active, is_open, is_in_doubt, symbol,
--          exchange_order_ids = [], watched = its index entry, JSON or "" when it is settled,
--          deadline_ms = when its end is to be wished, 0 for never,
--          reservation = what it holds now, JSON or "", check_in_ms = -1 for never}

local function index(key, is_member, order)
    if is_member then
        redis.call("ZADD", key, order.created_at_ms, order.id)
    else
        redis.call("ZREM", key, order.id)
    end
end

local function write_order(order, expected, write_id, now)
    if tonumber(expected) == 0 then
        write_first(order.key, first_version(books.account, now), order.body, write_id)
    else
        write_version(order.key, expected, order.body, write_id)
    end
    index(books.active, order.is_active, order)
    index(books.open, order.is_open, order)
    index(books.in_doubt, order.is_in_doubt, order)
    index(books.recent, true, order)
    if order.deadline_ms > 0 then
        redis.call("ZADD", books.deadlines, order.deadline_ms, order.id)
    else
        redis.call("ZREM", books.deadlines, order.id)
    end
    if order.watched ~= "" then
        redis.call("HSET", books.watched, order.id, order.watched)
    else
        redis.call("HDEL", books.watched, order.id)
    end
    for _, shown in ipairs(order.exchange_order_ids) do
        -- The exchange may count its orders per symbol
        redis.call("HSET", books.exchange_ids, order.symbol .. " " .. shown, order.id)
    end
end

-- Note how many fills the order has; return how many of them it did not have before. A trade that
-- somebody else booked first is in the ledger already, yet it is news for its order.
local function note_fills(order, count)
    local before = tonumber(redis.call("HGET", order.key, "fills") or "0")
    redis.call("HSET", order.key, "fills", count)
    return count - before
end

-- Hold what the order may still add. Returns true when exposure may have risen: the order adds
-- something that no reservation stood for. The order keeps what it held last, so that one that
-- was settled and comes back is held again.
local function hold(order, gained)
    local was_reserved = redis.call("HEXISTS", order.key, "reservation") == 1
    local was_held = redis.call("HEXISTS", books.reservations, order.id) == 1
    if order.reservation ~= "" then
        redis.call("HSET", order.key, "reservation", order.reservation)
        redis.call("HSET", books.reservations, order.id, order.reservation)
    else
        redis.call("HDEL", books.reservations, order.id)
    end
    return was_reserved and not was_held and (order.reservation ~= "" or gained > 0)
end

-- Set or drop the time of the next look; whoever holds an older number has lost the work.
local function plan_look(order, now)
    if order.check_in_ms >= 0 then
        local number = redis.call("HINCRBY", books.account, "due_counter", 1)
        redis.call("HSET", books.due_sequence, order.id, number)
        begin_planning(due_orders(books.due, books.account), now)
        redis.call("ZADD", books.due, now + order.check_in_ms, order.id)
    else
        redis.call("ZREM", books.due, order.id)
        redis.call("HDEL", books.due_sequence, order.id)
    end
end

local function raise_risk_version()
    redis.call("HINCRBY", books.account, "risk_version", 1)
end
