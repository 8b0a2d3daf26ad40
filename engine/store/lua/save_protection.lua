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
-- @include records
-- @include events
local outcome = save_over(KEYS[1], KEYS[3], ARGV[2], ARGV[3], ARGV[1], now_ms(ARGV[7]))
if outcome ~= "written" then
    return outcome == "repeated" and 1 or 0
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
