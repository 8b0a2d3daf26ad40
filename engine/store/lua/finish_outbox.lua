-- Drop an entry: positions and portfolio cover it. Twice is as good as once.
--
-- KEYS[1]  outbox     sorted set
-- KEYS[2]  entries    hash
-- KEYS[3]  published  hash
-- KEYS[4]  account
-- ARGV[1]  entry
-- ARGV[2]  life       JSON, see _life.lua: the one that entry and portfolio were looked at in
--
-- Returns 1, or 0 when that life is over: another entry of the same name may ask for more.

-- @include epoch
-- @include life
if not is_same_life(KEYS[4], cjson.decode(ARGV[2])) then
    return 0
end
redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("HDEL", KEYS[2], ARGV[1])
redis.call("HDEL", KEYS[3], ARGV[1])
return 1
