-- Write a record over the version that it was read at.
--
-- KEYS[1]  record    {version, body}
-- KEYS[2]  account   hash that knows the first version of this life; none: it is of no account
-- ARGV[1]  write_id
-- ARGV[2]  version   "0" = there must be none
-- ARGV[3]  body
-- ARGV[4]  now_ms    "" = this server's time
--
-- Returns 1, now or when it ran before; 0 when somebody else wrote it meanwhile, or when it has a
-- number of an earlier life.

-- @include now
-- @include versions
-- @include epoch
-- @include numbers
local write_id, expected = ARGV[1], ARGV[2]
local version, is_repeat = look_at(KEYS[1], expected, write_id)
if is_repeat then
    return 1
end
if version ~= expected then
    return 0
end
local first = KEYS[2] and first_version(KEYS[2], now_ms(ARGV[4])) or "0"
if renumber(KEYS[1], first) then
    return 0
end
if expected == "0" then
    write_first(KEYS[1], first, ARGV[3], write_id)
else
    write_version(KEYS[1], expected, ARGV[3], write_id)
end
return 1
