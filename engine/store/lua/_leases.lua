-- A lease ends so long after `now` at most as it was taken for: what ends later was written before
-- the clock went back, and ends that long after whoever first sees it. Nobody who has it loses it
-- earlier than his own clock says.
-- lease = hash {until_ms, ttl_ms}. Returns the end in ms, nil where there is none.
local function lease_end(key, now)
    local stored = redis.call("HMGET", key, "until_ms", "ttl_ms")
    local ends, ttl_ms = tonumber(stored[1]), tonumber(stored[2])
    if ends and ttl_ms and ends > now + ttl_ms then
        ends = now + ttl_ms
        redis.call("HSET", key, "until_ms", ends)
    end
    return ends
end
