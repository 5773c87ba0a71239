-- Return the value. KEYS: the token. The result is `_Value` in _token_store.py.
return cjson.encode({value = redis.call('HGET', KEYS[1], 'value') or nil})
