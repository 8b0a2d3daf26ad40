-- Tell what happened: events = list of {body, timeline = a key or ""}.
-- The stream keeps about the newest 100 000, an order's own timeline its newest 1 000.
local function tell(stream, events)
    for _, event in ipairs(events) do
        local id = redis.call("XADD", stream, "MAXLEN", "~", 100000, "*", "event", event.body)
        if event.timeline ~= "" then
            redis.call("RPUSH", event.timeline, id .. " " .. event.body)
            redis.call("LTRIM", event.timeline, -1000, -1)
        end
    end
end
