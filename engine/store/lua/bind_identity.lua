-- Bind an account name to an identity, one to one.
--
-- KEYS[1]  identities  hash: name -> identity
-- KEYS[2]  names       hash: slug -> name
-- ARGV[1]  name
-- ARGV[2]  slug
-- ARGV[3]  identity    JSON
--
-- Returns {"" or the identity of the name, "" or the name of the slug}: what stands in the way.

local identity = redis.call("HGET", KEYS[1], ARGV[1])
local name = redis.call("HGET", KEYS[2], ARGV[2])
if identity and name == ARGV[1] then
    return {"", ""}
end
if identity or name then
    return {identity or "", name or ""}
end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
redis.call("HSET", KEYS[2], ARGV[2], ARGV[1])
return {"", ""}
