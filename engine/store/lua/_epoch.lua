-- Return which life of this server it is: both ids change with a restart, one with a failover.
local function server_epoch()
    local run_id = string.match(redis.call("INFO", "server"), "run_id:(%w+)")
    local replication_id = string.match(redis.call("INFO", "replication"), "master_replid:(%w+)")
    return run_id, replication_id
end

-- Tell whether the server is in another life than the account's last reconcile.
local function is_held(account)
    local run_id, replication_id = server_epoch()
    local stored = redis.call("HMGET", account, "run_id", "replication_id")
    return stored[1] ~= run_id or stored[2] ~= replication_id
end
