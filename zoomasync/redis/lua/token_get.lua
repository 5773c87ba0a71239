-- Return the shared token if it is newer than the caller's; otherwise give the caller the lease to fetch a new one.
-- KEYS: the token and the lease. ARGV: `_GetToken` in _token_store.py. The result is `_SharedToken`: a token, or the
-- version that the caller's new token will have, or neither while another process has the lease.
local token, lease = KEYS[1], KEYS[2]
local request = cjson.decode(ARGV[1])
local shared = redis.call('HMGET', token, 'value', 'version', 'lifetime_ms', 'scope')
local value, version = shared[1], shared[2]
local expires_in_ms = redis.call('PTTL', token)

local is_new = value and version ~= request.stale_version
-- A token in the last tenth of its lifetime is about to expire.
if is_new and (expires_in_ms == -1 or expires_in_ms * 10 > tonumber(shared[3])) then
  local left_ms = expires_in_ms >= 0 and expires_in_ms or nil
  return cjson.encode({value = value, version = version, expires_in_ms = left_ms, scope = shared[4] or nil})
end
-- The caller may have the lease already: a request is sent again if its connection was lost.
if redis.call('GET', lease) ~= request.holder then
  if not redis.call('SET', lease, request.holder, 'NX', 'PX', request.lease_ms) then return '{}' end
end
local time = redis.call('TIME')
local next_version = math.max(time[1] * 1000000 + time[2], tonumber(version or 0) + 1)
return cjson.encode({lease_version = string.format('%.0f', next_version)})
