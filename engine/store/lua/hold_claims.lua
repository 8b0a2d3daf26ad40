-- Let nothing be claimed until a reconcile stores the life of the server again.
--
-- KEYS[1]  account
--
-- Returns 1.

redis.call("HDEL", KEYS[1], "run_id", "replication_id")
return 1
