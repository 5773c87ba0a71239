-- Release the lease, and share the token that was fetched unless a newer one is shared already.
-- KEYS: the token and the lease. ARGV: `_SetToken` in _token_store.py.
local token, lease = KEYS[1], KEYS[2]
local request = cjson.decode(ARGV[1])
if redis.call('GET', lease) == request.holder then redis.call('DEL', lease) end
local is_newer = tonumber(redis.call('HGET', token, 'version') or 0) <= tonumber(request.version)
if request.value and is_newer then
  local lifetime_ms = request.lifetime_ms
  redis.call('DEL', token)
  redis.call('HSET', token, 'value', request.value, 'version', request.version, 'lifetime_ms', lifetime_ms or 0)
  if request.scope then redis.call('HSET', token, 'scope', request.scope) end
  if lifetime_ms then redis.call('PEXPIRE', token, lifetime_ms) end
end
return 'null'
