-- Set what the account may do. A change of it counts as a change of a limit.
--
-- KEYS[1]  account
-- KEYS[2]  events   stream
-- KEYS[3]  written  string: this very write was done (kept for an hour)
-- ARGV[1]  plan     JSON: state, reason, emergency_run, events, write_id, is_first = a state that
--                   stands already is somebody's word and stays, instead_of = write_id of the
--                   state that it may replace ("" = any)
--
-- Returns 1, or 0 when another state was set meanwhile.

-- @include events
local plan = cjson.decode(ARGV[1])
if redis.call("EXISTS", KEYS[3]) == 1 then
    return 1
end
local current = redis.call("HGET", KEYS[1], "trading_state_id") or "never"
if plan.instead_of ~= "" and plan.instead_of ~= current then
    return 0
end
redis.call("SET", KEYS[3], "1", "PX", 3600000)
local stands = plan.is_first and redis.call("HEXISTS", KEYS[1], "trading_state") == 1
if not stands then
    redis.call("HSET", KEYS[1], "trading_state", plan.state, "halt_reason", plan.reason,
        "emergency_run", plan.emergency_run, "trading_state_id", plan.write_id)
    redis.call("HINCRBY", KEYS[1], "risk_version", 1)
    tell(KEYS[2], plan.events)
end
return 1
