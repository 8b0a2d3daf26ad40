-- Return what the newest look remembered, and how long ago that was.
--
-- KEYS[1]  look    hash, see save_look.lua
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns {version, body, written_ms, age_ms}; {"0"} when there was none.

-- @include now
local stored = redis.call("HMGET", KEYS[1], "version", "body", "written_ms", "saved_at_ms")
if not stored[1] then
    return {"0"}
end
local age_ms = math.max(now_ms(ARGV[1]) - stored[4], 0)  -- This server's clock may be put back
return {stored[1], stored[2], stored[3], string.format("%.0f", age_ms)}
