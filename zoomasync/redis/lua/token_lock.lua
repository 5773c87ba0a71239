-- Give the caller the lease and a fence, unless another holder has the lease.
-- KEYS: the token and the lease. ARGV: `Holder` in _leases.py. The result is `_Locked` in _token_store.py.
local token, lease = KEYS[1], KEYS[2]
local request = cjson.decode(ARGV[1])
-- The caller may have the lease already: a request is sent again if its connection was lost.
if redis.call('GET', lease) ~= request.holder then
  if not redis.call('SET', lease, request.holder, 'NX', 'PX', request.lease_ms) then return '{}' end
end
-- The time makes fences higher than those that a server has lost with its data.
local time = redis.call('TIME')
local fence = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('HGET', token, 'locked') or 0) + 1)
local text = string.format('%.0f', fence)
redis.call('HSET', token, 'locked', text)
-- Without a value, the fences are needed for as long as a holder that has lost its lease may still write.
if redis.call('HEXISTS', token, 'value') == 0 then redis.call('PEXPIRE', token, 86400000) end
return cjson.encode({fence = text})
