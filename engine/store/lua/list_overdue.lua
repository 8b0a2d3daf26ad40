-- List the orders whose time limit is over.
--
-- KEYS[1]  deadlines  sorted set: order -> when its end is to be wished
-- ARGV[1]  now_ms     "" = this server's time
-- ARGV[2]  limit
--
-- Returns {order, ...}; each stays until the wish for its end is written with its record.

-- @include now
return redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", now_ms(ARGV[1]), "LIMIT", 0, ARGV[2])
