-- Keep an answer for every process, and give the turn of asking back.
--
-- KEYS[1]  answer      hash {body, took_ms, kept_ms, as_of_ms, generation}
-- KEYS[2]  turn        who asks now
-- KEYS[3]  generation  changes whenever older answers must not be believed any more
-- ARGV[1]  asker       "" = took no turn
-- ARGV[2]  body        "" = there was no answer
-- ARGV[3]  took_ms     from the question's beginning until now
-- ARGV[4]  kept_ms     how long it is kept
-- ARGV[5]  as_of_ms    what it is certain up to
-- ARGV[6]  generation  as it was when the question began

if ARGV[2] ~= "" and (redis.call("GET", KEYS[3]) or "") == ARGV[6] then
    redis.call("HSET", KEYS[1], "body", ARGV[2], "took_ms", ARGV[3], "kept_ms", ARGV[4],
        "as_of_ms", ARGV[5], "generation", ARGV[6])
    redis.call("PEXPIRE", KEYS[1], ARGV[4])
end
if redis.call("GET", KEYS[2]) == ARGV[1] then
    redis.call("DEL", KEYS[2])
end
return 0
