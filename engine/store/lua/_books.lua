-- Name the keys that every script about orders gets first (keys.py: order_books).
local books = {
    account = KEYS[1],
    active = KEYS[2],
    open = KEYS[3],
    in_doubt = KEYS[4],
    recent = KEYS[5],
    exchange_ids = KEYS[6],
    reservations = KEYS[7],
    due = KEYS[8],
    due_sequence = KEYS[9],
    outbox = KEYS[10],
    outbox_entries = KEYS[11],
    cursors = KEYS[12],
    events = KEYS[13],
    watched = KEYS[14],
    deadlines = KEYS[15],
}
