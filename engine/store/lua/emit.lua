-- Tell events that belong to no other write.
--
-- KEYS[1]  events   stream
-- KEYS[2]  written  string: this very write was done (kept for an hour)
-- ARGV[1]  plan     JSON: events (see _events.lua)
--
-- Returns 1.

-- @include events
if redis.call("SET", KEYS[2], "1", "NX", "PX", 3600000) then
    tell(KEYS[1], cjson.decode(ARGV[1]).events)
end
return 1
