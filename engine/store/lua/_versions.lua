-- A versioned record is a hash {version, body, by:<version> = the write that made it}.
-- Writes of the last 64 versions are remembered, so that one that is repeated is recognised.

-- Return the stored version ("0": none) and whether this very write has made the next one.
local function look_at(key, expected, write_id)
    local stored = redis.call("HMGET", key, "version", "by:" .. (expected + 1))
    return stored[1] or "0", stored[2] == write_id
end

local function write_version(key, expected, body, write_id)
    local version = expected + 1
    redis.call("HSET", key, "version", version, "body", body, "by:" .. version, write_id)
    redis.call("HDEL", key, "by:" .. (version - 64))
end

-- Write a record that is new, at the first version of this life of the data.
local function write_first(key, first, body, write_id)
    write_version(key, first, body, write_id)
    redis.call("HSET", key, "by:1", write_id)
end
