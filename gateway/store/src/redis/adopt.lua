-- Moves a part of what a dead node left to its heir, in order; called again until it returns 0.
--
-- KEYS: the lock of the heir, the dead node's lease, its stream, its mark, the set of nodes, the heir's stream, then the
-- streams of stateless platforms. ARGV: heir, dead node, consumer group, milliseconds until what is left goes, entries
-- to move at a time.
-- Returns how many entries were moved, or -1: another node is the heir, or the dead one lives.
local heir, dead, group, keep, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local holder = redis.call('GET', KEYS[1])
if (holder and holder ~= heir) or redis.call('EXISTS', KEYS[2]) == 1 then
  return -1
end
redis.call('SET', KEYS[1], heir, 'PX', 30000)
-- Should it wake up again, it learns that its jobs are not its own any more.
redis.call('HSET', KEYS[4], 'heir', heir)
redis.call('PEXPIRE', KEYS[4], keep)
local moved = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', count)) do
  -- News for its sessions dies with them.
  if entry[2][2] == 'j' then
    redis.call('XADD', KEYS[6], '*', unpack(entry[2]))
  end
  redis.call('XDEL', KEYS[3], entry[1])
  moved = moved + 1
end
for key = 7, #KEYS do
  -- What it had read of a shared stream goes back into it, for everybody.
  local pending = redis.pcall('XPENDING', KEYS[key], group, '-', '+', count, dead)
  if not pending.err then
    for _, item in ipairs(pending) do
      local entry = redis.call('XRANGE', KEYS[key], item[1], item[1])[1]
      if entry then
        redis.call('XADD', KEYS[key], '*', unpack(entry[2]))
      end
      redis.call('XACK', KEYS[key], group, item[1])
      redis.call('XDEL', KEYS[key], item[1])
      moved = moved + 1
    end
    if #pending == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[key], group, dead)
    end
  end
end
redis.call('PEXPIRE', KEYS[6], keep)
if moved == 0 then
  redis.call('DEL', KEYS[1], KEYS[3])
  redis.call('SREM', KEYS[5], dead)
end
return moved
