-- Look at the account and at the life of this server, at one moment.
--
-- KEYS[1]  account  hash
--
-- Returns {run id, replication id, account as a flat list}.

-- @include epoch
local run_id, replication_id = server_epoch()
return {run_id, replication_id, redis.call("HGETALL", KEYS[1])}
