-- Find a shared answer that is young enough, else say whose turn it is to ask.
--
-- KEYS[1]  answer      hash {body, took_ms, kept_ms, as_of_ms, generation}
-- KEYS[2]  generation  changes whenever older answers must not be believed any more
-- KEYS[3]  turn        who asks now; expires
-- ARGV[1]  max_age_ms  below 0: none is young enough
-- ARGV[2]  as_of_ms    what the answer must be certain up to
-- ARGV[3]  asker       "" = takes no turn
-- ARGV[4]  turn_ms     how long a turn lasts
--
-- Returns {"found", body, age_ms, as_of_ms}, {"ask", generation} or {"wait"}. The same asker may
-- call it again after a lost reply: its turn stays its own.
-- The age is what is gone of the key's life, and how long the asking took: no clock but this
-- server's, so the clocks of the machines do not matter.

local generation = redis.call("GET", KEYS[2]) or ""
local answer = redis.call("HMGET", KEYS[1], "body", "took_ms", "kept_ms", "as_of_ms", "generation")
if answer[1] and answer[5] == generation then
    local age_ms = tonumber(answer[2]) + tonumber(answer[3]) - redis.call("PTTL", KEYS[1])
    if age_ms <= tonumber(ARGV[1]) and tonumber(answer[4]) >= tonumber(ARGV[2]) then
        return {"found", answer[1], age_ms, tonumber(answer[4])}
    end
end
if ARGV[3] == "" or redis.call("SET", KEYS[3], ARGV[3], "NX", "PX", ARGV[4])
        or redis.call("GET", KEYS[3]) == ARGV[3] then
    return {"ask", generation}
end
return {"wait"}
