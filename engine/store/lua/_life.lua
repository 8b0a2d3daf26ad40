-- A life = {run_id, replication_id, mark}: which run of the server it is, and which of its data.
-- A flush leaves the server's ids as they are; the mark goes with the data. Who looked before the
-- first reconcile saw an empty one.
local function is_same_life(account, life)
    local run_id, replication_id = server_epoch()
    return run_id == life.run_id and replication_id == life.replication_id
        and (redis.call("HGET", account, "life") or "") == life.mark
end
