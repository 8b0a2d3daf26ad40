-- Return which life of this server it is: both ids change with a restart, one with a failover.
local function server_epoch()
    local run_id = string.match(redis.call("INFO", "server"), "run_id:(%w+)")
    local replication_id = string.match(redis.call("INFO", "replication"), "master_replid:(%w+)")
    return run_id, replication_id
end
