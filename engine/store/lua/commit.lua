-- Write a changed order with its new fills, reservation, due time, events and group, or nothing.
--
-- KEYS[1..15]  the order books
-- ARGV[1]      write_id
-- ARGV[2]      now_ms    "" = this server's time
-- ARGV[3]      plan      JSON: version, order (see _orders.lua), rows (see _ledger.lua), group,
--                        is_held_back = only in the life of the server that was reconciled,
--                        rejection = how the exchange refused it, "" when it did not, rejections =
--                        the key of those, events
--
-- Returns 1; 0 when somebody else wrote the order meanwhile, or when it had a number of an earlier
-- life; -1 when it was held back: a claim of it may be among the writes that the server lost.

-- @include books
-- @include now
-- @include versions
-- @include epoch
-- @include numbers
-- @include due_times
-- @include orders
-- @include events
-- @include ledger
-- @include outbox
-- @include groups
local write_id, now, plan = ARGV[1], now_ms(ARGV[2]), cjson.decode(ARGV[3])
local order = plan.order

local version, is_repeat = look_at(order.key, plan.version, write_id)
if is_repeat then
    return 1
end
if version ~= plan.version or version == "0" then
    return 0
end
if plan.is_held_back and is_held(books.account) then
    return -1
end
if renumber(order.key, first_version(books.account, now)) then
    return 0
end

write_order(order, plan.version, write_id, now)
book(plan.rows, books.account, books.cursors, write_id)
local gained = note_fills(order, #plan.rows)
if hold(order, gained) then
    raise_risk_version()
end
if plan.rejection ~= "" then
    redis.call("ZADD", plan.rejections, "NX", now, plan.rejection)
    redis.call("ZREMRANGEBYRANK", plan.rejections, 0, -201)
end
plan_look(order, now)
note_in_group(plan.group, order, plan.rows, gained, now)
tell(books.events, plan.events)
return 1
