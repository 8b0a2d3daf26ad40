-- Write a record over the version that it was read at.
--
-- KEYS[1]  record    {version, body}
-- ARGV[1]  write_id
-- ARGV[2]  version   "0" = there must be none
-- ARGV[3]  body
--
-- Returns 1, now or when it ran before; 0 when somebody else wrote it meanwhile.

-- @include versions
local write_id, expected = ARGV[1], ARGV[2]
local version, is_repeat = look_at(KEYS[1], expected, write_id)
if is_repeat then
    return 1
end
if version ~= expected then
    return 0
end
write_version(KEYS[1], expected, ARGV[3], write_id)
return 1
