-- Look at several orders at one moment.
--
-- KEYS[..]  orders, hashes {version, body, ...}
--
-- Returns their bodies; "" for one that is not there.

local bodies = {}
for number, key in ipairs(KEYS) do
    bodies[number] = redis.call("HGET", key, "body") or ""
end
return bodies
