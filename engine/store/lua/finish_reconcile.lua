-- Store the life of the server that a reconcile began in, if the server still is in it.
--
-- KEYS[1]  account
-- KEYS[2]  written       string: this very write was done (kept for an hour)
-- ARGV[1]  life          JSON, see _life.lua
-- ARGV[2]  now_ms
-- ARGV[3]  opened_at_ms  "" = nothing was lost; then the account must have been opened before
-- ARGV[4]  history_from_ms
-- ARGV[5]  rebuilt_at_ms
--
-- Returns 1 when it was stored, else 0: a new life, or the data went meanwhile, and with it what
-- the reconcile has written.

-- @include epoch
-- @include life
if redis.call("EXISTS", KEYS[2]) == 1 then
    return 1
end
local life = cjson.decode(ARGV[1])
if not is_same_life(KEYS[1], life) then
    return 0
end
if ARGV[3] == "" and redis.call("HEXISTS", KEYS[1], "opened_at_ms") == 0 then
    return 0
end
redis.call("HSET", KEYS[1], "run_id", life.run_id, "replication_id", life.replication_id,
    "reconciled_at_ms", ARGV[2])
if ARGV[3] ~= "" then
    redis.call("HSET", KEYS[1], "opened_at_ms", ARGV[3], "history_from_ms", ARGV[4],
        "rebuilt_at_ms", ARGV[5])
end
redis.call("SET", KEYS[2], "1", "PX", 3600000)
return 1
