-- A record is written over the version that it was read at, and only by who read it in this life of
-- the server. Needs _versions.lua, _epoch.lua and _numbers.lua.

-- Write a record: "written" now, "repeated" when this very write ran before, "lost" when somebody
-- else wrote meanwhile, or it had a number of an earlier life. Without an account its versions are
-- never numbered anew.
local function save_over(key, account, expected, body, write_id, now)
    local version, is_repeat = look_at(key, expected, write_id)
    if is_repeat then
        return "repeated"
    end
    if version ~= expected then
        return "lost"
    end
    local first = account and first_version(account, now) or "0"
    if renumber(key, first) then
        return "lost"
    end
    if expected == "0" then
        write_first(key, first, body, write_id)
    else
        write_version(key, expected, body, write_id)
    end
    return "written"
end
