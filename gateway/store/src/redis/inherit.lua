-- Moves a part of a stream whose key has been replaced to a node that still opens it; called again until it returns 0.
--
-- KEYS: the old stream, the node's stream. ARGV: entries to move at a time.
local moved = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', tonumber(ARGV[1]))) do
  if entry[2][2] == 'j' then
    redis.call('XADD', KEYS[2], '*', unpack(entry[2]))
  end
  redis.call('XDEL', KEYS[1], entry[1])
  moved = moved + 1
end
if moved == 0 then
  redis.call('DEL', KEYS[1])
end
return moved
