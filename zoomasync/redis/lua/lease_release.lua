-- Release the leases KEYS that the caller still holds. ARGV: `Holder` in _leases.py.
local request = cjson.decode(ARGV[1])
for _, lease in ipairs(KEYS) do
  if redis.call('GET', lease) == request.holder then redis.call('DEL', lease) end
end
return 'null'
