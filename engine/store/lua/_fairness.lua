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

-- Return what the others have not used of their shares, of those that used less.
local function unused_shares(view, window, others)
    local share = math.floor(window.shared / (#others + 1))
    local unused = 0
    for _, name in ipairs(others) do
        local use = view.is_fresh and 0
            or tonumber(redis.call("HGET", view.key, "account:" .. name) or "0")
        unused = unused + math.max(0, share - use)
    end
    return unused
end

-- Return the ms until `room` units are no less than what is left of `melting`, which goes evenly
-- from all at the beginning of a window to nothing at its end.
local function wait_for_melting(view, window, room, melting)
    local left_ms = math.min(view.resets_in_ms, window.interval_ms)
    if melting * left_ms <= room * window.interval_ms then
        return 0
    end
    return view.resets_in_ms - math.floor(room * window.interval_ms / melting)
end
