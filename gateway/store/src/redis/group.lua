-- Makes a stream with the consumer group, unless there is one, and gives it a time to live at once.
--
-- KEYS: the stream. ARGV: consumer group, milliseconds until what is left behind goes.
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.status_reply('OK')
