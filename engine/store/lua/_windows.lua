-- A window of the exchange's allowance is a hash:
-- {index, run_id, is_known, granted, observed, next, probed, lane:<name>, account:<name>}
--   granted   what all of us took in this window
--   observed  the most that a response header said about it
--   next      what was taken so near to its end that it may arrive in the one after
--   probed    what was taken while nobody knew how full it was
-- It is known when it began under our eyes in this life of the server, or when a header answered.

local function number(text)
    return tonumber(text or "0")
end

-- Return the window as it is now; nothing is written.
local function look(key, interval_ms, now, run_id)
    local index = math.floor(now / interval_ms)
    local stored = redis.call("HMGET", key, "index", "run_id", "is_known", "granted", "observed",
        "next", "probed")
    local last = tonumber(stored[1])
    local same_life = stored[2] == run_id
    local view = {key = key, index = index, is_fresh = true, is_known = false,
        granted = 0, observed = 0, next = 0, probed = 0}
    if last == index or last == index + 1 then  -- Another worker's clock may be a little ahead
        view.index, view.is_fresh = last, false
        view.granted, view.observed = number(stored[4]), number(stored[5])
        view.next, view.probed = number(stored[6]), same_life and number(stored[7]) or 0
        view.is_known = same_life and stored[3] == "1"
    elseif last and last < index and same_life then
        view.is_known = true
        view.granted = last == index - 1 and number(stored[6]) or 0
    end
    view.used = math.max(view.granted, view.observed)
    view.resets_in_ms = (view.index + 1) * interval_ms - now
    return view
end

local function write_window(view, run_id)
    if view.is_fresh then
        redis.call("DEL", view.key)
    end
    redis.call("HSET", view.key, "index", view.index, "run_id", run_id,
        "is_known", view.is_known and "1" or "0", "granted", view.granted,
        "observed", view.observed, "next", view.next, "probed", view.probed)
end
