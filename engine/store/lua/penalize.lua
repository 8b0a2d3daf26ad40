-- Keep everybody quiet for so long; a longer penalty that stands stays.
--
-- KEYS[1]  penalty      string: until when
-- ARGV[1]  now_ms       "" = this server's time
-- ARGV[2]  duration_ms
--
-- Returns 1.

-- @include now
local until_ms = now_ms(ARGV[1]) + ARGV[2]
if until_ms > tonumber(redis.call("GET", KEYS[1]) or "0") then
    redis.call("SET", KEYS[1], string.format("%.0f", until_ms), "PX", ARGV[2])
end
return 1
