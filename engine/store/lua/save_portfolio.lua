-- Write the portfolio over the version it was computed from.
--
-- KEYS[1]  portfolio  record {version, body}
-- KEYS[2]  events     stream
-- KEYS[3]  account
-- ARGV[1]  write_id
-- ARGV[2]  plan       JSON: version, body, life = the one that it was computed in (see _life.lua),
--                     points = list of {key, bucket, body, until = what is older is dropped, -1
--                     for never}: the newest point of each bucket stays; events
--
-- Returns 1, or 0 when somebody else wrote it meanwhile, or when that life is over.

-- @include versions
-- @include events
-- @include epoch
-- @include life
local write_id, plan = ARGV[1], cjson.decode(ARGV[2])
local version, is_repeat = look_at(KEYS[1], plan.version, write_id)
if is_repeat then
    return 1
end
if version ~= plan.version or not is_same_life(KEYS[3], plan.life) then
    return 0
end
write_version(KEYS[1], plan.version, plan.body, write_id)
for _, point in ipairs(plan.points) do
    redis.call("ZREMRANGEBYSCORE", point.key, point.bucket, point.bucket)
    redis.call("ZADD", point.key, point.bucket, point.body)
    if point["until"] >= 0 then
        redis.call("ZREMRANGEBYSCORE", point.key, "-inf", point["until"])
    end
end
tell(KEYS[2], plan.events)
return 1
