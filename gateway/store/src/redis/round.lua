-- One round of a node: takes, drops, then additions, all at once (see `ledger::rounds`).
--
-- KEYS: the node's mark, its lease, then the streams. ARGV: number of the round, name of the node, consumer group,
-- milliseconds of the lease, milliseconds until what is left behind goes, then the operations: a letter with the number
-- of the stream's key, and what it needs:
--   t entry              take an entry
--   T entry notify job   take an entry, and tell the node whose stream is `notify` who began the job
--   d entry              drop an entry
--   j job payload        add a job of this node
--   r job payload        tell the end of a job, unless the node's stream is gone
--   w                    wake whoever reads the stream
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
  local op, stream = string.sub(ARGV[at], 1, 1), KEYS[tonumber(string.sub(ARGV[at], 2))]
  if op == 't' or op == 'T' or op == 'd' then
    local entry = ARGV[at + 1]
    redis.call('XACK', stream, group, entry)
    local got = redis.call('XDEL', stream, entry)
    at = at + 2
    if op ~= 'd' then
      reply[#reply + 1] = got
    end
    if op == 'T' then
      if got == 1 then
        redis.call('XADD', KEYS[tonumber(ARGV[at])], 'NOMKSTREAM', '*', 'k', 'b', 'i', ARGV[at + 1], 'n', me)
      end
      at = at + 2
    end
  elseif op == 'j' then
    reply[#reply + 1] = redis.call('XADD', stream, '*', 'k', 'j', 'i', ARGV[at + 1], 'n', me, 'p', ARGV[at + 2])
    at = at + 3
  elseif op == 'r' then
    redis.call('XADD', stream, 'NOMKSTREAM', '*', 'k', 'r', 'i', ARGV[at + 1], 'p', ARGV[at + 2])
    at = at + 3
  else
    redis.call('XADD', stream, '*', 'k', 'w')
    at = at + 1
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
