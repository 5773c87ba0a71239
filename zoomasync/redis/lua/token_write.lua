-- Replace the value, or delete it, unless there was a later lock. Return whether it was done.
-- KEYS: the token. ARGV: `_Write` in _token_store.py.
local token = KEYS[1]
local request = cjson.decode(ARGV[1])
if tonumber(redis.call('HGET', token, 'locked') or 0) > request.fence then return 'false' end
if request.value then
  redis.call('HSET', token, 'value', request.value)
  redis.call('PERSIST', token)
else
  redis.call('HDEL', token, 'value')
  redis.call('PEXPIRE', token, 86400000) -- see token_lock.lua
end
return 'true'
