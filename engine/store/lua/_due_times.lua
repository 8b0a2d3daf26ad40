-- Due times are of this server's clock alone: whoever plans names a delay. A set remembers when
-- something was planned last, in a field of the account, so that a clock that was put back is seen:
-- nobody knows then how long work has waited, and all of it is due. Work that is looked at early
-- is planned anew, and nothing more.

-- A clock that is put back by no more than this makes work late by no more.
local PUT_BACK_MS = 1000

local function due_orders(set, account)
    return {set = set, account = account, field = "due_planned_at_ms"}
end

local function due_entries(set, account)
    return {set = set, account = account, field = "outbox_planned_at_ms"}
end

local function was_put_back(times, now)
    return now + PUT_BACK_MS < tonumber(redis.call("HGET", times.account, times.field) or "0")
end

-- Return at most `limit` names whose time has come.
local function list_due(times, now, limit)
    local latest = was_put_back(times, now) and "+inf" or now
    return redis.call("ZRANGEBYSCORE", times.set, "-inf", latest, "LIMIT", 0, limit)
end

-- To be called before times from now on are added.
local function begin_planning(times, now)
    if was_put_back(times, now) then
        redis.call("ZUNIONSTORE", times.set, 1, times.set, "WEIGHTS", 0)
    elseif now <= tonumber(redis.call("HGET", times.account, times.field) or "0") then
        return
    end
    redis.call("HSET", times.account, times.field, now)
end
