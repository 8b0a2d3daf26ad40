-- Look at the account as a reconcile begins, and mark its data if nothing has yet.
--
-- KEYS[1]  account  hash
-- KEYS[2]  active   sorted set of the orders that are not settled
-- KEYS[3]  protections  set of the plans that are not over
-- KEYS[4]  emergency    record of the newest run
-- ARGV[1]  now_ms   "" = this server's time
-- ARGV[2]  mark     used if the data has none; whoever began before keeps working in the same life
-- ARGV[3]  what the key of an order begins with
-- ARGV[4]  what the key of a plan begins with
--
-- With a new mark begin new version numbers, and so they do with each life of the server, of
-- which the newest writes may be lost though the mark is there: an older number means a record of
-- before the loss, and nobody who still holds one can claim or change what is here since.
-- Returns {run id, replication id, account as a flat list}.

-- @include now
-- @include epoch

-- Let the next version of a record be one that was in no life before.
local function raise_version(key, first)
    local version = tonumber(redis.call("HGET", key, "version") or first)
    if version < tonumber(first) then
        redis.call("HSET", key, "version", first)
    end
end

local function raise_versions(first)
    for _, id in ipairs(redis.call("ZRANGE", KEYS[2], 0, -1)) do
        raise_version(ARGV[3] .. id, first)
    end
    for _, id in ipairs(redis.call("SMEMBERS", KEYS[3])) do
        raise_version(ARGV[4] .. id, first)
    end
    raise_version(KEYS[4], first)
end

local run_id, replication_id = server_epoch()
local is_new = redis.call("HSETNX", KEYS[1], "life", ARGV[2]) == 1
local numbered = redis.call("HMGET", KEYS[1], "first_version", "numbered_run_id",
    "numbered_replication_id")
if is_new or numbered[2] ~= run_id or numbered[3] ~= replication_id then
    -- This server's clock may be behind that of the one before; no record is written so often
    local first = math.max(now_ms(ARGV[1]), tonumber(numbered[1] or "0") + 1000000)
    first = string.format("%.0f", first)
    redis.call("HSET", KEYS[1], "first_version", first, "numbered_run_id", run_id,
        "numbered_replication_id", replication_id)
    raise_versions(first)
end
return {run_id, replication_id, redis.call("HGETALL", KEYS[1])}
