-- Renew the leases KEYS that the caller still holds.
-- ARGV: `_Holder` in _leases.py. The result is `_Lost`: the positions of the others in KEYS, from 1.
local request = cjson.decode(ARGV[1])
local lost = {}
for position, lease in ipairs(KEYS) do
  if redis.call('GET', lease) == request.holder then
    redis.call('PEXPIRE', lease, request.lease_ms)
  else
    lost[#lost + 1] = position
  end
end
return cjson.encode({lost = #lost > 0 and lost or nil}) -- cjson writes an empty table as an object
