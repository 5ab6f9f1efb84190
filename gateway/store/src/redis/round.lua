-- One round of a node: takes, drops, then additions, all at once (see `ledger::rounds`).
--
-- KEYS: the node's mark, its lease, then the streams. ARGV: number of the round, name of the node, consumer group,
-- milliseconds of the lease, milliseconds until what is left behind goes, then the operations, each with the number of
-- the stream's key:
--   t stream entry notify job    take an entry; tell the node whose stream is `notify` (0: nobody) who began the job
--   d stream entry               drop an entry
--   j stream job asker payload   add a job
--   r stream job payload         tell the end of a job, unless the node's stream is gone
--   w stream                     wake whoever reads the stream
-- Returns the number of the round before this one (0: none is known), whether another node is the heir, then 1 or 0 per
-- take and the entry per job. Takes come first: they free memory, and once something is written Redis allows the rest.
local mark = redis.call('HMGET', KEYS[1], 'n', 'r', 'heir')
local number, me, group, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local heir = mark[3] and 1 or 0
if mark[1] == number then
  local reply = cjson.decode(mark[2])
  if heir == 1 then
    reply[2] = 1
  end
  return reply
end
local reply = { tonumber(mark[1] or 0), heir }
local at = 6
while at <= #ARGV do
  local op, stream = ARGV[at], KEYS[tonumber(ARGV[at + 1])]
  if op == 't' then
    local entry, notify, job = ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4]
    redis.call('XACK', stream, group, entry)
    local got = redis.call('XDEL', stream, entry)
    if got == 1 and notify > 0 then
      redis.call('XADD', KEYS[notify], 'NOMKSTREAM', '*', 'k', 'b', 'i', job, 'n', me)
    end
    reply[#reply + 1] = got
    at = at + 5
  elseif op == 'd' then
    redis.call('XACK', stream, group, ARGV[at + 2])
    redis.call('XDEL', stream, ARGV[at + 2])
    at = at + 3
  elseif op == 'j' then
    reply[#reply + 1] =
      redis.call('XADD', stream, '*', 'k', 'j', 'i', ARGV[at + 2], 'n', ARGV[at + 3], 'p', ARGV[at + 4])
    at = at + 5
  elseif op == 'r' then
    redis.call('XADD', stream, 'NOMKSTREAM', '*', 'k', 'r', 'i', ARGV[at + 2], 'p', ARGV[at + 3])
    at = at + 4
  else
    redis.call('XADD', stream, '*', 'k', 'w')
    at = at + 2
  end
end
redis.call('HSET', KEYS[1], 'n', number, 'r', cjson.encode(reply))
redis.call('HDEL', KEYS[1], 'heir')
redis.call('SET', KEYS[2], me, 'PX', ARGV[4])
redis.call('PEXPIRE', KEYS[1], keep)
for key = 3, #KEYS do
  redis.call('PEXPIRE', KEYS[key], keep)
end
return reply
