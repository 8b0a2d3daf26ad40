-- Ask once for positions and portfolio to be brought up to date; cursors = {symbol = rows}.
local function open_entry(entry_id, group_id, cursors, now)
    local entry = {
        v = 1, entry_id = entry_id, group_id = group_id, cursors = cursors, created_at_ms = now,
    }
    if redis.call("HSETNX", books.outbox_entries, entry_id, cjson.encode(entry)) == 1 then
        begin_planning(due_entries(books.outbox, books.account), now)
        redis.call("ZADD", books.outbox, now, entry_id)
    end
end
