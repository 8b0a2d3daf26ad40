-- Book rows that belong to no order of ours.
--
-- KEYS[1]  account
-- KEYS[2]  cursors   hash: symbol -> number of rows
-- KEYS[3]  events    stream
-- ARGV[1]  write_id
-- ARGV[2]  plan      JSON: rows (see _ledger.lua), events = told only when a row was new, life =
--                    the rows were reckoned in this one (see _life.lua); absent: any will do
--
-- Returns how many rows were new to this write; -1 when the life is over, and nothing was booked.

-- @include epoch
-- @include life
-- @include events
-- @include ledger
local plan = cjson.decode(ARGV[2])
if plan.life and not is_same_life(KEYS[1], plan.life) then
    return -1
end
local own, new = book(plan.rows, KEYS[1], KEYS[2], ARGV[1])
if new > 0 then
    redis.call("HINCRBY", KEYS[1], "risk_version", 1)
    tell(KEYS[3], plan.events)
end
return own
