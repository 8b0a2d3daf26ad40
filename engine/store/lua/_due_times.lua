-- A due time so far ahead was set by a clock that was wrong, and must not be waited for. Nothing is
-- planned for so late; work that is looked at early is planned anew, and nothing more.
local WRONG_CLOCK_MS = 3600000

-- Return at most `limit` entries whose time has come, or never should.
local function list_due(key, now, limit)
    local due = redis.call("ZRANGEBYSCORE", key, "-inf", now, "LIMIT", 0, limit)
    if #due == 0 then
        local wrong = "(" .. now + WRONG_CLOCK_MS
        due = redis.call("ZRANGEBYSCORE", key, wrong, "+inf", "LIMIT", 0, limit)
    end
    return due
end
