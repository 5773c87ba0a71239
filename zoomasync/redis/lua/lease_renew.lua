-- Renew the leases KEYS that the caller still holds, and return the positions of the others in KEYS, from 1.
-- ARGV: `Holder` in _leases.py.
local request = cjson.decode(ARGV[1])
local lost = {}
for position, lease in ipairs(KEYS) do
  if redis.call('GET', lease) == request.holder then
    redis.call('PEXPIRE', lease, request.lease_ms)
  else
    lost[#lost + 1] = position
  end
end
return #lost > 0 and cjson.encode(lost) or '[]' -- cjson writes an empty table as an object
