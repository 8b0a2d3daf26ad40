-- Look at the windows and at the penalty.
--
-- KEYS[1]   penalty          string: until when
-- KEYS[2]   clock            string: see _exchange_time.lua
-- KEYS[3..] windows          see _windows.lua
-- ARGV[1]   now_ms           "" = this server's time
-- ARGV[2]   exchange_now_ms  "" = as others measured it, else the same
-- ARGV[3]   plan             JSON: windows = list of {interval_ms}
--
-- Returns {penalty in ms, {used, is known, resets in ms, {field, value, ...}}, ...}.
-- The fields are those of a window; lane:<name> and account:<name> tell who used it.

-- @include now
-- @include epoch
-- @include windows
-- @include exchange_time
local now, plan = now_ms(ARGV[1]), cjson.decode(ARGV[3])
local exchange_now = exchange_time(KEYS[2], ARGV[2], now)
local run_id = server_epoch()
local lines = {math.max(0, tonumber(redis.call("GET", KEYS[1]) or "0") - now)}
for i, window in ipairs(plan.windows) do
    local view = look(KEYS[i + 2], window.interval_ms, exchange_now, run_id)
    local fields = {}
    for _, text in ipairs(view.is_fresh and {} or redis.call("HGETALL", view.key)) do
        table.insert(fields, text)
    end
    table.insert(lines, {view.used, view.is_known and 1 or 0, view.resets_in_ms, fields})
end
return lines
