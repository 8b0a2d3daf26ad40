-- Look at the account as a reconcile begins, and mark its data if nothing has yet.
--
-- KEYS[1]  account  hash
-- ARGV[1]  now_ms   "" = this server's time
-- ARGV[2]  mark     used if the data has none; whoever began before keeps working in the same life
--
-- With a new mark begin new version numbers: an older number means an order of before the loss,
-- and nobody who still holds one can claim or change what has been adopted since.
-- Returns {run id, replication id, account as a flat list}.

-- @include now
-- @include epoch
if redis.call("HSETNX", KEYS[1], "life", ARGV[2]) == 1 then
    redis.call("HSET", KEYS[1], "first_version", string.format("%.0f", now_ms(ARGV[1])))
end
local run_id, replication_id = server_epoch()
return {run_id, replication_id, redis.call("HGETALL", KEYS[1])}
