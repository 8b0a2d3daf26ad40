-- The exchange's time. Who does not know it yet takes the difference that somebody else measured:
-- by the store's own clock it would count in a window that is over, or has not begun.
-- The difference is a string, in ms, kept for ten minutes.

local function exchange_time(key, given, now)
    if given == "" then
        return now + tonumber(redis.call("GET", key) or "0")
    end
    redis.call("SET", key, string.format("%.0f", tonumber(given) - now), "PX", 600000)
    return tonumber(given)
end
