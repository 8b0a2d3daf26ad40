-- Return the plans of protection that are not over, all of one moment.
--
-- KEYS[1]  protections  set of plan ids
-- ARGV[1]  prefix       of the records' keys
--
-- Returns {version, body, ...}.

local found = {}
for _, id in ipairs(redis.call("SMEMBERS", KEYS[1])) do
    local stored = redis.call("HMGET", ARGV[1] .. id, "version", "body")
    if stored[1] then
        table.insert(found, stored[1])
        table.insert(found, stored[2])
    end
end
return found
