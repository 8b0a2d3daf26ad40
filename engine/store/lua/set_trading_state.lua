-- Set what the account may do. A change of it counts as a change of a limit.
--
-- KEYS[1]  account
-- KEYS[2]  events   stream
-- KEYS[3]  written  string: this very write was done (kept for an hour)
-- ARGV[1]  plan     JSON: state, reason, emergency_run, events, is_first = a state that stands
--                   already is somebody's word and stays
--
-- Returns 1.

-- @include events
local plan = cjson.decode(ARGV[1])
local stands = plan.is_first and redis.call("HEXISTS", KEYS[1], "trading_state") == 1
if redis.call("SET", KEYS[3], "1", "NX", "PX", 3600000) and not stands then
    redis.call("HSET", KEYS[1], "trading_state", plan.state, "halt_reason", plan.reason,
        "emergency_run", plan.emergency_run)
    redis.call("HINCRBY", KEYS[1], "risk_version", 1)
    tell(KEYS[2], plan.events)
end
return 1
