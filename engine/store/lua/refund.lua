-- Give back what a nonce took, where its windows still run. Twice is as good as once.
--
-- KEYS[1]   grant     hash: what the nonce took
-- KEYS[2..] windows   see _windows.lua
--
-- Returns 1.

-- "-0" is no integer to Redis, so the sign goes through %d
local function take_back(key, field, amount)
    redis.call("HINCRBY", key, field, string.format("%d", -amount))
end

local taken = redis.call("HMGET", KEYS[1], "lane", "account")
local lane, account = taken[1], taken[2]
if not lane or redis.call("HSETNX", KEYS[1], "refunded", "1") == 0 then
    return 1
end
for i = 2, #KEYS do
    local grant = redis.call("HGET", KEYS[1], KEYS[i]) or ""
    local index, cost, in_next = string.match(grant, "^(%d+) (%d+) (%d+)$")
    local running = redis.call("HGET", KEYS[i], "index")
    if index and running == index then
        take_back(KEYS[i], "granted", cost)
        take_back(KEYS[i], "next", in_next)
        take_back(KEYS[i], "lane:" .. lane, cost)
        if account then  -- A grant of an older version named none
            take_back(KEYS[i], "account:" .. account, cost)
        end
    elseif index and running and running - index == 1 then
        take_back(KEYS[i], "granted", in_next)
    end
end
return 1
