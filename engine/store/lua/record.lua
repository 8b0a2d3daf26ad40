-- Record a group of orders with its request key, reservations, due times and events, or nothing.
--
-- KEYS[1..15]  the order books
-- KEYS[16]     request   string: what the caller's key was used for
-- KEYS[17]     archived_keys  bit field, see _archived.lua
-- ARGV[1]      write_id  fresh for each call; the same one again changes nothing
-- ARGV[2]      now_ms    "" = this server's time
-- ARGV[3]      plan      JSON: digest, request, client_order_ids, horizon_ms, risk_version,
--                        is_reserving, group, orders (see _orders.lua), events, bits = a list
--                        for each id that nobody has looked for in the archive, paced = the key
--                        of the orders of the last minute, protections = {id, key, body} of the
--                        plans that stand guard over what the orders fill, open_protections = the
--                        key of those that are not over
--
-- Returns {outcome, the request that stands under the key}.

-- @include books
-- @include now
-- @include versions
-- @include epoch
-- @include numbers
-- @include due_times
-- @include orders
-- @include events
-- @include outbox
-- @include groups
-- @include archived
local write_id, now, plan = ARGV[1], now_ms(ARGV[2]), cjson.decode(ARGV[3])

local standing = redis.call("GET", KEYS[16])
if standing then
    local request = cjson.decode(standing)
    local same = request.digest == plan.digest
    local outcome = request.write_id == write_id and "recorded" or "exists"
    return {same and outcome or "key_conflict", standing}
end
for _, order in ipairs(plan.orders) do
    if redis.call("EXISTS", order.key) == 1 then
        return {"id_taken", ""}
    end
end
for _, bits in ipairs(plan.bits) do
    if may_be_archived(KEYS[17], bits) then
        return {"may_be_archived", ""}
    end
end
if (redis.call("HGET", books.account, "risk_version") or "0") ~= plan.risk_version then
    return {"risk_changed", ""}
end

redis.call("SET", KEYS[16], plan.request, "PX", plan.horizon_ms)
redis.call("HSET", plan.group.key, "size", #plan.orders)
for _, order in ipairs(plan.orders) do
    write_order(order, 0, write_id, now)
    hold(order, 0)
    plan_look(order, now)
    if order.is_active then
        redis.call("SADD", plan.group.pending, order.id)
        redis.call("ZADD", plan.paced, now, order.id)
    end
end
redis.call("ZREMRANGEBYSCORE", plan.paced, "-inf", now - 60000)
for _, protection in ipairs(plan.protections) do
    write_first(protection.key, first_version(books.account, now), protection.body, write_id)
    redis.call("SADD", plan.open_protections, protection.id)
end
if plan.is_reserving then
    raise_risk_version()
end
if redis.call("SCARD", plan.group.pending) == 0 then
    open_group_entry(plan.group, plan.group.id, now)
end
tell(books.events, plan.events)
return {"recorded", plan.request}
