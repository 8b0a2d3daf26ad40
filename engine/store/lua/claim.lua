-- Claim an order for sending, if everything still allows it. Never repeat an unclear claim.
--
-- KEYS[1..15]  the order books
-- ARGV[1]      write_id
-- ARGV[2]      now_ms          "" = this server's time
-- ARGV[3]      plan            JSON: version, order, reducing = {risk_version, symbol, rows}: the
--                              book by which it can only shrink the position, absent when it may
--                              do more: only for an active account; emergency_run;
--                              valid_until_ms, absent where no age ends it; bar = field of the
--                              account that bars this order, "" for none; events
--
-- Returns claimed, lost, epoch_hold, halted, reducing, risk_changed, stale or barred; all but the
-- first wrote nothing.
-- A state that was never written, or lost, counts as active: the epoch is missing then too, and
-- the reconcile that stores one decides whether the account trades.

-- @include books
-- @include now
-- @include versions
-- @include due_times
-- @include epoch
-- @include numbers
-- @include orders
-- @include events
-- @include bars
local write_id, now, plan = ARGV[1], now_ms(ARGV[2]), cjson.decode(ARGV[3])

local version, is_repeat = look_at(plan.order.key, plan.version, write_id)
if is_repeat then
    return "claimed"
end
if version ~= plan.version or version == "0" then
    return "lost"
end
if is_held(books.account) then
    return "epoch_hold"
end
local account = redis.call("HMGET", books.account, "trading_state", "emergency_run")
local state = account[1] or "active"
local is_emergency = plan.emergency_run ~= "" and plan.emergency_run == account[2]
-- An order of a run that the account is not halted for comes from a process that slept meanwhile
if not is_emergency and (state == "halted" or plan.emergency_run ~= "") then
    return "halted"
end
if state == "reducing" or is_emergency then
    local seen = plan.reducing
    if not seen then
        return "reducing"
    end
    -- What was traded or reserved since may have left less to reduce
    local version = redis.call("HGET", books.account, "risk_version") or "0"
    local rows = redis.call("HGET", books.cursors, seen.symbol) or "0"
    if version ~= seen.risk_version or rows ~= seen.rows then
        return "risk_changed"
    end
end
if plan.valid_until_ms and now > plan.valid_until_ms then
    return "stale"
end
if plan.bar ~= "" and bar_stands(plan.bar, now) then
    return "barred"
end

write_order(plan.order, plan.version, write_id, now)
tell(books.events, plan.events)
return "claimed"
