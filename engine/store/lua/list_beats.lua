-- Look at the signs of life that have not ended.
--
-- KEYS[1]  beats   hash: name -> time of its newest sign
-- KEYS[2]  ends    sorted set: name -> when it ends, by this server's time
-- ARGV[1]  now_ms  "" = this server's time
--
-- Returns {name, time, ...}.

-- @include now
local beats = {}
for _, name in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], now_ms(ARGV[1]), "+inf")) do
    table.insert(beats, name)
    table.insert(beats, redis.call("HGET", KEYS[1], name))
end
return beats
