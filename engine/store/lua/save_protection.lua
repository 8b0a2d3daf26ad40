-- Write a plan of protection over the version that it was read at; keep the list of open ones.
--
-- KEYS[1]  protection   record {version, body}
-- KEYS[2]  protections  set of the plans that are not over
-- KEYS[3]  account      hash that knows the first version of this life of the data
-- KEYS[4]  events       stream
-- ARGV[1]  write_id
-- ARGV[2]  version   "0" = there must be none
-- ARGV[3]  body
-- ARGV[4]  plan_id
-- ARGV[5]  kept_ms   how long one that is over is still shown; "" = it is open
-- ARGV[6]  plan      JSON: events, told with the write: what is remembered as told was told
-- ARGV[7]  now_ms    "" = this server's time
--
-- Returns 1, now or when it ran before; 0 when somebody else wrote it meanwhile, or when it has a
-- number of an earlier life.

-- @include now
-- @include versions
-- @include epoch
-- @include numbers
-- @include events
local write_id, expected = ARGV[1], ARGV[2]
local version, is_repeat = look_at(KEYS[1], expected, write_id)
if is_repeat then
    return 1
end
if version ~= expected then
    return 0
end
local first = first_version(KEYS[3], now_ms(ARGV[7]))
if renumber(KEYS[1], first) then
    return 0
end
if expected == "0" then
    write_first(KEYS[1], first, ARGV[3], write_id)
else
    write_version(KEYS[1], expected, ARGV[3], write_id)
end
if ARGV[5] == "" then
    redis.call("SADD", KEYS[2], ARGV[4])
    redis.call("PERSIST", KEYS[1])  -- It may have been over
else
    redis.call("SREM", KEYS[2], ARGV[4])
    redis.call("PEXPIRE", KEYS[1], ARGV[5])
end
tell(KEYS[4], cjson.decode(ARGV[6]).events)
return 1
