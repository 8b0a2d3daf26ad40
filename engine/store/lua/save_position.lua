-- Write a position over the version it was computed from; its cursor never goes back.
--
-- KEYS[1]  position   record {version, body, cursor}
-- KEYS[2]  positions  set of symbols
-- KEYS[3]  events     stream
-- KEYS[4]  account
-- ARGV[1]  write_id
-- ARGV[2]  plan       JSON: version, body, cursor, symbol, life = the one that the rows were read in
--                     (see _life.lua), events
--
-- Returns 1, or 0 when somebody else wrote it meanwhile or knows more rows, or when that life is
-- over: versions and rows are counted anew then, and those of before can look the same.

-- @include versions
-- @include events
-- @include epoch
-- @include life
local write_id, plan = ARGV[1], cjson.decode(ARGV[2])
local version, is_repeat = look_at(KEYS[1], plan.version, write_id)
if is_repeat then
    return 1
end
if not is_same_life(KEYS[4], plan.life) then
    return 0
end
local cursor = tonumber(redis.call("HGET", KEYS[1], "cursor") or "0")
if version ~= plan.version or plan.cursor < cursor then
    return 0
end
write_version(KEYS[1], plan.version, plan.body, write_id)
redis.call("HSET", KEYS[1], "cursor", plan.cursor)
redis.call("SADD", KEYS[2], plan.symbol)
tell(KEYS[3], plan.events)
return 1
