-- Take the cost of one request from every window that it uses, or from none.
--
-- KEYS[1]   penalty   string: until when everybody stays quiet
-- KEYS[2]   penalty   string: until when the account places no orders
-- KEYS[3]   grant     hash: what this nonce took (kept for ten minutes)
-- KEYS[4]   askers    sorted set: account, by when it asked last
-- KEYS[5]   clock     string: see _exchange_time.lua
-- KEYS[6..] windows   see _windows.lua
-- ARGV[1]   now_ms           "" = this server's time
-- ARGV[2]   exchange_now_ms  "" = as others measured it, else the same
-- ARGV[3]   plan             JSON: account, lane, guard_ms, is_order, windows = list of {limit,
--                            interval_ms, cost, reserve = left for higher lanes as it begins,
--                            last_reserve = as it ends, shared = left to all active accounts
--                            together, allowance = while not known}
--
-- Returns 0 when the cost was taken, now or by the same nonce before; else the ms to wait.

-- @include now
-- @include epoch
-- @include windows
-- @include exchange_time
-- @include fairness
local FIRST_WINDOW = 6
local now, plan = now_ms(ARGV[1]), cjson.decode(ARGV[3])
local exchange_now = exchange_time(KEYS[5], ARGV[2], now)

local function penalty_ms(key)
    return math.max(0, tonumber(redis.call("GET", key) or "0") - now)
end

local function shortage(view, window)
    if not view.is_known then
        local is_allowed = view.probed == 0 or view.probed + window.cost <= window.allowance
        return is_allowed and 0 or math.min(view.resets_in_ms, 100)
    end
    -- What counts in the next window counts in this one too, so this one is full first
    local room = window.limit - window.last_reserve - view.used - window.cost
    if room < 0 then
        return view.resets_in_ms
    end
    local uses = uses_of(view, other_askers(KEYS[4], plan.account, now, window))
    return wait_for_others(view, window, room, window.reserve - window.last_reserve, uses)
end

if redis.call("EXISTS", KEYS[3]) == 1 then
    return 0
end
note_asker(KEYS[4], plan.account, now, plan.windows)
local wait_ms = math.max(penalty_ms(KEYS[1]), plan.is_order and penalty_ms(KEYS[2]) or 0)
local run_id = server_epoch()
local views = {}
for i, window in ipairs(plan.windows) do
    views[i] = look(KEYS[i + FIRST_WINDOW - 1], window.interval_ms, exchange_now, run_id)
    if window.cost > 0 then
        wait_ms = math.max(wait_ms, shortage(views[i], window))
    end
end
if wait_ms > 0 then
    return math.ceil(wait_ms)
end

redis.call("HSET", KEYS[3], "lane", plan.lane, "account", plan.account)
redis.call("PEXPIRE", KEYS[3], 600000)
for i, window in ipairs(plan.windows) do
    local view = views[i]
    local in_next = view.resets_in_ms <= plan.guard_ms
    view.granted = view.granted + window.cost
    view.next = view.next + (in_next and window.cost or 0)
    view.probed = view.probed + (view.is_known and 0 or window.cost)
    write_window(view, run_id)
    redis.call("HINCRBY", view.key, "lane:" .. plan.lane, window.cost)
    redis.call("HINCRBY", view.key, "account:" .. plan.account, window.cost)
    redis.call("HSET", KEYS[3], view.key, view.index .. " " .. window.cost .. " "
        .. (in_next and window.cost or 0))
end
return 0
