-- Look at the index of watched orders.
--
-- KEYS[1]  watched  hash: order -> its index entry, JSON
--
-- Returns all entries as one text, a line each: a client reads one long reply many times as
-- quickly as thousands of short ones. JSON holds no line break.

return table.concat(redis.call("HVALS", KEYS[1]), "\n")
