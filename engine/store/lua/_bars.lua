-- A bar is a field of the account, "<until_ms> <owner>": no order that would rest is claimed.

local function bar_stands(field, now)
    local bar = redis.call("HGET", books.account, field)
    return bar and tonumber(string.match(bar, "^%d+")) > now and bar
end
