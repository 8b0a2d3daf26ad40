-- Return whether somebody leads the stream (a hash, see lead_stream.lua), and whether it can be
-- relied on now. What is further ahead than it can be was written before the clock went back, and
-- shows nothing until the leader, if there still is one, writes again.
local function stream_life(key, now)
    local names = {"until_ms", "live", "reported_at_ms", "ttl_ms"}
    local stored = redis.call("HMGET", key, unpack(names))
    local ttl_ms = tonumber(stored[4])
    local is_led = stored[1] and now < tonumber(stored[1]) and tonumber(stored[1]) <= now + ttl_ms
    local age_ms = now - (tonumber(stored[3]) or now)
    local is_live = is_led and stored[2] == "1" and age_ms >= 0 and age_ms < ttl_ms
    return is_led, is_live
end
