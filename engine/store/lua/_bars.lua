-- A bar is a field of the account, "<until_ms> <duration_ms> <owner>": no order that would rest is
-- claimed. Like a lease it ends so long after now at most as it was set for.

local function set_bar(field, now, duration_ms, owner)
    local bar = string.format("%d %d %s", now + duration_ms, duration_ms, owner)
    redis.call("HSET", books.account, field, bar)
end

local function bar_owner(field)
    local bar = redis.call("HGET", books.account, field)
    return bar and string.match(bar, "^%d+ %d+ (.*)$")
end

-- Return whose bar stands; nil or false where none does.
local function bar_stands(field, now)
    local owner = bar_owner(field)
    if not owner then
        return nil
    end
    local ends, duration_ms = string.match(redis.call("HGET", books.account, field), "^(%d+) (%d+)")
    if tonumber(ends) > now + duration_ms then  -- It was set before the clock was put back
        set_bar(field, now, tonumber(duration_ms), owner)
        return owner
    end
    return tonumber(ends) > now and owner
end
