-- Give back what a nonce took, where its windows still run. Twice is as good as once.
--
-- KEYS[1]   grant     hash: what the nonce took
-- KEYS[2..] windows   see _windows.lua
--
-- Returns 1 when something was given back, else 0.

local lane = redis.call("HGET", KEYS[1], "lane")
if not lane or redis.call("HSETNX", KEYS[1], "refunded", "1") == 0 then
    return 0
end
for i = 2, #KEYS do
    local grant = redis.call("HGET", KEYS[1], KEYS[i]) or ""
    local index, cost, in_next = string.match(grant, "^(%d+) (%d+) (%d+)$")
    local running = redis.call("HGET", KEYS[i], "index")
    if index and running == index then
        redis.call("HINCRBY", KEYS[i], "granted", -cost)
        redis.call("HINCRBY", KEYS[i], "next", -in_next)
        redis.call("HINCRBY", KEYS[i], "lane:" .. lane, -cost)
    elseif index and running and running - index == 1 then
        redis.call("HINCRBY", KEYS[i], "granted", -in_next)
    end
end
return 1
