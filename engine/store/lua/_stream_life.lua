-- Return whether somebody leads the stream (a hash, see lead_stream.lua), and whether it can be
-- relied on now.
local function stream_life(key, now)
    local names = {"until_ms", "live", "reported_at_ms", "ttl_ms"}
    local stored = redis.call("HMGET", key, unpack(names))
    local is_led = stored[1] and now < tonumber(stored[1])
    local is_live = is_led and stored[2] == "1" and now < tonumber(stored[3]) + tonumber(stored[4])
    return is_led, is_live
end
