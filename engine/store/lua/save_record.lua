-- Write a record over the version that it was read at.
--
-- KEYS[1]  record    {version, body}
-- KEYS[2]  account   hash that knows the first version of this life of the data; none: of no account
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
if expected == "0" and KEYS[2] then
    write_first(KEYS[1], redis.call("HGET", KEYS[2], "first_version"), ARGV[3], write_id)
else
    write_version(KEYS[1], expected, ARGV[3], write_id)
end
return 1
