-- Versions are numbered anew in each life of the server: its newest writes may be lost, and a
-- number that was given before must not come again, or whoever slept with the older form writes it
-- over the newer one. Needs _epoch.lua.

-- Begin the numbers of this life of the server. Its clock may be behind that of the one before, and
-- of two lives after the same one, the second knows nothing of the first: its ids tell them apart.
local function begin_numbers(account, now, before)
    local run_id, replication_id = server_epoch()
    local own = tonumber(string.sub(replication_id, 1, 8), 16)
    local first = string.format("%.0f", math.max(now, before + 1000000) + own)
    redis.call("HSET", account, "first_version", first, "numbered_run_id", run_id,
        "numbered_replication_id", replication_id)
    return first
end

-- Return the least version of a record in this life of the server, beginning it where nobody has;
-- "0" while nobody has ever reconciled the account: nothing was sent for it.
local function first_version(account, now)
    local numbered = redis.call("HMGET", account, "first_version", "numbered_run_id",
        "numbered_replication_id")
    local run_id, replication_id = server_epoch()
    if not numbered[1] then
        return "0"
    end
    if numbered[2] == run_id and numbered[3] == replication_id then
        return numbered[1]
    end
    return begin_numbers(account, now, tonumber(numbered[1]))
end

-- Raise a record of an earlier life to this one's numbers; tell whether it was of an earlier one.
local function renumber(key, first)
    local version = redis.call("HGET", key, "version")
    if not version or tonumber(version) >= tonumber(first) then
        return false
    end
    redis.call("HSET", key, "version", first)
    return true
end
