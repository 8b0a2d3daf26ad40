-- Return the time in ms: the one given (a simulation owns time), else this server's.
local function now_ms(given)
    if given ~= "" then
        return tonumber(given)
    end
    local time = redis.call("TIME")
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
