-- Open and close the circuit of an account for all processes, and let one of them at a time send a probe.
-- KEYS: a hash with the outage, and the lease of the probe. ARGV: `_CircuitRequest` in _circuit.py. The result is
-- `CircuitView`. All times are microseconds of this server's clock.
local circuit, probe = KEYS[1], KEYS[2]
local request = cjson.decode(ARGV[1])
local action, holder = request.action, request.holder
local SECOND = 1000000
local LONGEST, EXPIRES_MS = 120 * SECOND, 3600000

-- `probe_delay` in _core/circuit.py
local function probe_delay(outage)
  return math.min(LONGEST, math.max(math.min(SECOND, SECOND / 4 + outage), outage / 20))
end

local time = redis.call('TIME')
local now = time[1] * SECOND + time[2]

if action == 'close' then redis.call('DEL', circuit, probe) end
local outage = redis.call('HMGET', circuit, 'opened_at', 'probe_at')
local opened_at, probe_at = tonumber(outage[1]), tonumber(outage[2])
if action == 'open' and not opened_at then opened_at, probe_at = now, now + probe_delay(0) end
if not opened_at then return cjson.encode({is_open = false, is_probe = false, retry_in = 0}) end
-- The clock may have been set back.
opened_at, probe_at = math.min(opened_at, now), math.min(probe_at, now + LONGEST)

local probing = redis.call('GET', probe)
local is_probe = false
if action == 'release' and probing == holder then
  redis.call('DEL', probe)
  probing = false
elseif action == 'fail' and (not probing or probing == holder) then
  redis.call('DEL', probe)
  probing = false
  probe_at = now + probe_delay(now - opened_at)
elseif action == 'request' and (probing == holder or (not probing and now >= probe_at)) then
  redis.call('SET', probe, holder, 'PX', request.lease_ms)
  is_probe = true
end
redis.call('HSET', circuit, 'opened_at', string.format('%.0f', opened_at), 'probe_at', string.format('%.0f', probe_at))
redis.call('PEXPIRE', circuit, EXPIRES_MS)

local retry_in = math.max(0, probe_at - now)
if is_probe then retry_in = 0 end
if probing and not is_probe then retry_in = SECOND end -- the probe may end at any time
return cjson.encode({is_open = true, is_probe = is_probe, retry_in = retry_in / SECOND})
