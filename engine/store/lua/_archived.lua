-- A caller's key must never place a second order, even when its first left for the archive. Each
-- such id sets a few bits of a field of fixed size: what has not all of them set never left.

local function may_be_archived(field, bits)
    for _, bit in ipairs(bits) do
        if redis.call("GETBIT", field, bit) == 0 then
            return false
        end
    end
    return #bits > 0
end

local function note_archived(field, bits)
    for _, bit in ipairs(bits) do
        redis.call("SETBIT", field, bit, 1)
    end
end
