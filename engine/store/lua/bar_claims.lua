-- Bar the claims of a symbol for a while.
--
-- KEYS[1]  account      hash
-- ARGV[1]  now_ms       "" = this server's time
-- ARGV[2]  field        the symbol's
-- ARGV[3]  owner
-- ARGV[4]  duration_ms
--
-- Returns 1, or 0 when the bar is somebody else's; the owner's own is set anew.

-- @include now
local books = {account = KEYS[1]}
-- @include bars
local now, field, owner = now_ms(ARGV[1]), ARGV[2], ARGV[3]

if (bar_stands(field, now) or owner) ~= owner then
    return 0
end
set_bar(field, now, tonumber(ARGV[4]), owner)
return 1
