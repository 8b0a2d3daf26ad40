-- Store the life of the server that a reconcile began with, if the server still is in it.
--
-- KEYS[1]  account
-- KEYS[2]  written       string: this very write was done (kept for an hour)
-- ARGV[1]  run_id
-- ARGV[2]  replication_id
-- ARGV[3]  now_ms
-- ARGV[4]  opened_at_ms  "" = no rebuild was made; then the account must still be there. After
--                        one, what it wrote first (the trading state) must still be there: else
--                        the data went meanwhile, and the rest of the rebuild with it
--
-- Returns 1 when it was stored, else 0: a new life, or the data went meanwhile.

-- @include epoch
if redis.call("EXISTS", KEYS[2]) == 1 then
    return 1
end
local run_id, replication_id = server_epoch()
if run_id ~= ARGV[1] or replication_id ~= ARGV[2] then
    return 0
end
local first = ARGV[4] == "" and "opened_at_ms" or "trading_state"
if redis.call("HEXISTS", KEYS[1], first) == 0 then
    return 0
end
redis.call("HSET", KEYS[1], "run_id", run_id, "replication_id", replication_id,
    "reconciled_at_ms", ARGV[3])
if ARGV[4] ~= "" then
    redis.call("HSET", KEYS[1], "opened_at_ms", ARGV[4], "rebuilt_at_ms", ARGV[3])
end
redis.call("SET", KEYS[2], "1", "PX", 3600000)
return 1
