-- Correct windows by what a response header said; never downward.
--
-- KEYS[1]   clock            string: see _exchange_time.lua
-- KEYS[2..] windows          see _windows.lua
-- ARGV[1]   now_ms           "" = this server's time
-- ARGV[2]   exchange_now_ms  "" = as others measured it, else the same
-- ARGV[3]   plan             JSON: guard_ms, windows = list of {interval_ms, used}
--
-- Within guard_ms of a known window's beginning the header may still speak of the one before, as
-- long as its request was on its way: skipped.
-- Returns 1.

-- @include now
-- @include epoch
-- @include windows
-- @include exchange_time
local now, plan = now_ms(ARGV[1]), cjson.decode(ARGV[3])
local exchange_now = exchange_time(KEYS[1], ARGV[2], now)
local run_id = server_epoch()
for i, window in ipairs(plan.windows) do
    local view = look(KEYS[i + 1], window.interval_ms, exchange_now, run_id)
    local age_ms = window.interval_ms - view.resets_in_ms
    local is_news = not view.is_known or window.used > view.observed
    if is_news and not (view.is_known and age_ms < plan.guard_ms) then
        view.is_known = true
        view.observed = math.max(view.observed, window.used)
        view.granted = math.max(view.granted, window.used)
        write_window(view, run_id)
    end
end
return 1
