-- Takes a node that stops out of the books. Its stream stays for an heir if there are jobs of others in it.
--
-- KEYS: the node's lease, its mark, its stream, the set of nodes, then the streams of stateless platforms.
-- ARGV: node, consumer group.
redis.call('DEL', KEYS[1])
local pending = 0
for key = 5, #KEYS do
  local count = redis.pcall('XPENDING', KEYS[key], ARGV[2], '-', '+', 1, ARGV[1])
  if not count.err then
    pending = pending + #count
    if #count == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[key], ARGV[2], ARGV[1])
    end
  end
end
if pending == 0 and redis.call('XLEN', KEYS[3]) == 0 then
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('SREM', KEYS[4], ARGV[1])
end
return pending
