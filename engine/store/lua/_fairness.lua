-- Accounts that share one address: each active one can count on a part of its share.

-- Remember that the account asked, for as long as the longest window.
local function note_asker(key, account, now, windows)
    local longest_ms = 0
    for _, window in ipairs(windows) do
        longest_ms = math.max(longest_ms, window.interval_ms)
    end
    redis.call("ZADD", key, "GT", now, account)
    redis.call("ZREMRANGEBYSCORE", key, "-inf", string.format("(%.0f", now - longest_ms))
    redis.call("PEXPIRE", key, string.format("%.0f", longest_ms))
end

-- Return the other accounts that asked within the last window.
local function other_askers(key, account, now, window)
    local others = {}
    if window.shared == 0 then
        return others
    end
    local since = string.format("%.0f", now - window.interval_ms)
    for _, name in ipairs(redis.call("ZRANGEBYSCORE", key, since, "+inf")) do
        if name ~= account then
            table.insert(others, name)
        end
    end
    return others
end

-- Return what each of these accounts used in the window.
local function uses_of(view, accounts)
    local uses = {}
    for _, name in ipairs(accounts) do
        local use = not view.is_fresh and redis.call("HGET", view.key, "account:" .. name)
        table.insert(uses, tonumber(use or "0"))
    end
    return uses
end

-- Return the ms until `room` units are no less than what is kept: `melting`, and of each other
-- account's share what it has not used. Both melt evenly, from all at the beginning of a window
-- to nothing at its end. What an account takes of its own part thus lessens nobody else's.
local function wait_for_others(view, window, room, melting, uses)
    local share = math.floor(window.shared / (#uses + 1))
    local left_ms = math.min(view.resets_in_ms, window.interval_ms)
    local now_left_ms, is_enough = left_ms, false
    repeat
        local slope, used = melting, 0
        for _, use in ipairs(uses) do
            if share * left_ms > use * window.interval_ms then
                slope, used = slope + share, used + use
            end
        end
        is_enough = slope * left_ms <= (room + used) * window.interval_ms
        if not is_enough then  -- With less time some shares are melted, so look again
            left_ms = math.floor((room + used) * window.interval_ms / slope)
        end
    until is_enough
    return left_ms == now_left_ms and 0 or view.resets_in_ms - left_ms
end
