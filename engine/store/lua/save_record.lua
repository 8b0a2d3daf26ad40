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
-- @include records
local now = now_ms(ARGV[4])
return save_over(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[1], now) == "lost" and 0 or 1
