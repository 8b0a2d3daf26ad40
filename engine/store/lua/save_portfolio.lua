-- Write the portfolio over the version it was computed from.
--
-- KEYS[1]  portfolio  record {version, body}
-- KEYS[2]  events     stream
-- ARGV[1]  write_id
-- ARGV[2]  plan       JSON: version, body, events
--
-- Returns 1, or 0 when somebody else wrote it meanwhile.

-- @include versions
-- @include events
local write_id, plan = ARGV[1], cjson.decode(ARGV[2])
local version, is_repeat = look_at(KEYS[1], plan.version, write_id)
if is_repeat then
    return 1
end
if version ~= plan.version then
    return 0
end
write_version(KEYS[1], plan.version, plan.body, write_id)
tell(KEYS[2], plan.events)
return 1
