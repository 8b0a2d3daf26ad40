-- Record an order of ours that only the exchange knew: the store had lost it.
--
-- KEYS[1..15]  the order books
-- ARGV[1]      write_id
-- ARGV[2]      now_ms    "" = this server's time
-- ARGV[3]      plan      JSON: order, rows, group, events as in commit.lua; reserved = what it would
--                        hold if it were not settled, JSON
--
-- Returns 1, or 0 when the order is known by now.

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

local version, is_repeat = look_at(order.key, "0", write_id)
if is_repeat then
    return 1
end
if version ~= "0" then
    return 0
end

write_order(order, "0", write_id, now)
redis.call("HSETNX", plan.group.key, "size", 1)
book(plan.rows, books.account, books.cursors, write_id)
local gained = note_fills(order, #plan.rows)
redis.call("HSET", order.key, "reservation", plan.reserved)
if hold(order, gained) then
    raise_risk_version()
end
plan_look(order, now)
note_in_group(plan.group, order, plan.rows, gained, now)
tell(books.events, plan.events)
return 1
