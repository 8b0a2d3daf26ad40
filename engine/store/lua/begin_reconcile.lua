-- Look at the account as a reconcile begins, and mark its data if nothing has yet.
--
-- KEYS[1]  account      hash
-- KEYS[2]  active       sorted set of the orders that are not settled
-- KEYS[3]  protections  set of the plans that are not over
-- KEYS[4]  emergency    record of the newest run
-- ARGV[1]  now_ms   "" = this server's time
-- ARGV[2]  mark     used if the data has none; whoever began before keeps working in the same life
-- ARGV[3]  what the key of an order begins with
-- ARGV[4]  what the key of a plan begins with
--
-- With a new mark begin new version numbers, and so they do with each life of the server, of
-- which the newest writes may be lost though the mark is there. What may be claimed or acted upon
-- is raised to them here, so that nobody who holds an older number changes it; anything else when
-- it is written.
-- Returns {run id, replication id, account as a flat list}.

-- @include now
-- @include epoch
-- @include numbers

local now = now_ms(ARGV[1])

local function raise_versions(first)
    for _, id in ipairs(redis.call("ZRANGE", KEYS[2], 0, -1)) do
        renumber(ARGV[3] .. id, first)
    end
    for _, id in ipairs(redis.call("SMEMBERS", KEYS[3])) do
        renumber(ARGV[4] .. id, first)
    end
    renumber(KEYS[4], first)
end

local run_id, replication_id = server_epoch()
local is_new = redis.call("HSETNX", KEYS[1], "life", ARGV[2]) == 1
local before = redis.call("HGET", KEYS[1], "first_version")
if is_new or not before then
    begin_numbers(KEYS[1], now, tonumber(before or "0"))
end
local first = first_version(KEYS[1], now)
if is_held(KEYS[1]) then
    raise_versions(first)
end
return {run_id, replication_id, redis.call("HGETALL", KEYS[1])}
