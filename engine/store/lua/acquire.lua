-- Take the cost of one request from every window that it uses, or from none.
--
-- KEYS[1]   penalty   string: until when everybody stays quiet
-- KEYS[2]   grant     hash: what this nonce took (kept for ten minutes)
-- KEYS[3..] windows   see _windows.lua
-- ARGV[1]   now_ms           "" = this server's time
-- ARGV[2]   exchange_now_ms  "" = the same
-- ARGV[3]   plan             JSON: lane, guard_ms, windows = list of {limit, interval_ms, cost,
--                            reserve = left for higher lanes, allowance = while not known}
--
-- Returns 0 when the cost was taken, now or by the same nonce before; else the ms to wait.

-- @include now
-- @include epoch
-- @include windows
local now, plan = now_ms(ARGV[1]), cjson.decode(ARGV[3])
local exchange_now = ARGV[2] == "" and now or tonumber(ARGV[2])

local function shortage(view, window)
    if not view.is_known then
        local is_allowed = view.probed == 0 or view.probed + window.cost <= window.allowance
        return is_allowed and 0 or math.min(view.resets_in_ms, 100)
    end
    -- What counts in the next window counts in this one too, so this one is full first
    local is_full = view.used + window.cost > window.limit - window.reserve
    return is_full and view.resets_in_ms or 0
end

if redis.call("EXISTS", KEYS[2]) == 1 then
    return 0
end
local wait_ms = math.max(0, tonumber(redis.call("GET", KEYS[1]) or "0") - now)
local run_id = server_epoch()
local views = {}
for i, window in ipairs(plan.windows) do
    views[i] = look(KEYS[i + 2], window.interval_ms, exchange_now, run_id)
    if window.cost > 0 then
        wait_ms = math.max(wait_ms, shortage(views[i], window))
    end
end
if wait_ms > 0 then
    return math.ceil(wait_ms)
end

redis.call("HSET", KEYS[2], "lane", plan.lane)
redis.call("PEXPIRE", KEYS[2], 600000)
for i, window in ipairs(plan.windows) do
    local view = views[i]
    local in_next = view.resets_in_ms <= plan.guard_ms
    view.granted = view.granted + window.cost
    view.next = view.next + (in_next and window.cost or 0)
    view.probed = view.probed + (view.is_known and 0 or window.cost)
    write_window(view, run_id)
    redis.call("HINCRBY", view.key, "lane:" .. plan.lane, window.cost)
    redis.call("HSET", KEYS[2], view.key, view.index .. " " .. window.cost .. " "
        .. (in_next and window.cost or 0))
end
return 0
