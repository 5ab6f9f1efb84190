-- Stores a value of a session, unless it would have too many of them.
--
-- KEYS: the session's hash. ARGV: value, milliseconds to live, largest number of fields, largest sum of bytes, the
-- value's field, then fields that it replaces as well.
local bytes, fields = #ARGV[1], 1
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= ARGV[5] then
    fields = fields + 1
    bytes = bytes + redis.call('HSTRLEN', KEYS[1], field)
  end
end
if fields > tonumber(ARGV[3]) or bytes > tonumber(ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[5], ARGV[1])
for old = 6, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[old])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
