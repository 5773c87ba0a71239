-- Acquire the lease KEYS[1], or renew it, unless another holder has it. Return whether the caller holds it now.
-- ARGV: `Holder` in _leases.py.
local request = cjson.decode(ARGV[1])
local holder = redis.call('GET', KEYS[1])
local acquired = not holder or holder == request.holder
if acquired then redis.call('SET', KEYS[1], request.holder, 'PX', request.lease_ms) end
return cjson.encode(acquired)
