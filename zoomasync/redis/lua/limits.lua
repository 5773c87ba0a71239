-- Grant permits of one label, and keep the pauses and daily quotas of an account for all processes that share them.
--
-- KEYS: a hash with the state of the account, and a sorted set with the recent permits of the label. The member is the
-- microsecond for which a permit was planned, and the score the microsecond at which it was used.
-- ARGV: one JSON document, `_LimitsRequest` in _limits_client.py. The result is `LimitsResponse`.
-- All times are microseconds of this server's clock. cjson writes 14 digits of a number, so the result has them as text.
-- Durations and the time of the reset are seconds in the result.

local account, permits = KEYS[1], KEYS[2]
local request = cjson.decode(ARGV[1])
local action = request.action
local label, quota, per_day = request.label, request.quota_label, request.per_day
local SECOND, MINUTE, DAY = 1000000, 60000000, 86400000000
local LEASE_AHEAD = SECOND / 4
-- No permit is granted earlier than that: a report that a permit was used late must arrive before those of one second
-- later are granted.
local LONGEST_AHEAD = 3 * SECOND / 4

local time = redis.call('TIME')
local now = time[1] * SECOND + time[2]

local function text(number) return string.format('%.0f', number) end
local function read(field) return tonumber(redis.call('HGET', account, field)) end
local function write(field, number) redis.call('HSET', account, field, text(number)) end
local function delete(...) redis.call('HDEL', account, ...) end

local created = read('created')
if not created then
  created = now
  write('created', created)
end
-- While the state is new, processes may still hold permits that the old state granted.
local opens_at = read(label .. ':opens_at') or created + LEASE_AHEAD
if now < (read(label .. ':last_request_at') or 0) - SECOND then -- the clock was set back
  redis.call('DEL', permits)
  delete(label .. ':paused_until', label .. ':adaptive_rate', label .. ':lease_changed_at')
  delete(label .. ':spread', label .. ':spread_at', label .. ':others_until', label .. ':turn')
  opens_at = now + 2 * SECOND
end
write(label .. ':last_request_at', now)

-- Start a day, and keep the counts of the old one, in case a clock was wrong and that day returns. A correction of a
-- clock starts no day: the counts continue.
local LABELS = {'light', 'medium', 'heavy', 'resource-intensive'}
local function change_day(from, to, is_corrected)
  local kept = redis.call('HGET', account, 'counts:' .. to)
  kept = kept and cjson.decode(kept)
  local left = {left_at = now}
  for _, each in ipairs(LABELS) do
    for _, field in ipairs({each .. ':used', each .. ':used_by_others'}) do
      left[field] = read(field) or 0
      local continued = kept and kept[field] or 0
      if is_corrected then continued = math.max(continued, left[field]) end
      write(field, continued)
    end
  end
  redis.call('HSET', account, 'counts:' .. from, cjson.encode(left))
  for _, field in ipairs(redis.call('HKEYS', account)) do
    if field:find('^counts:') and cjson.decode(redis.call('HGET', account, field)).left_at < now - 2 * DAY then
      delete(field)
    end
  end
end

-- The day is that of Zoom's clock, as processes report it. A report that is closer to this server's clock is right, since
-- two clocks outweigh one. Another is right if no process has confirmed the current difference for a minute.
local zoom_offset, confirmed_at = read('zoom_offset') or 0, read('zoom_offset_at')
local today = math.floor((now + zoom_offset) / DAY)
local day = read('day') or today
if today ~= day then change_day(day, today, today < day) end
local reported = request.zoom_offset
if reported and math.abs(reported) > 36500 * DAY then reported = nil end
if reported and math.abs(reported - zoom_offset) < 2 * SECOND then
  write('zoom_offset_at', now)
elseif reported then
  local is_closer = math.abs(reported) < math.abs(zoom_offset)
  if is_closer or not confirmed_at or now - confirmed_at > MINUTE then
    if math.abs(reported - zoom_offset) > 5 * MINUTE then -- a block lasts as long as before
      for _, each in ipairs(LABELS) do
        local blocked_until = read(each .. ':blocked_until')
        if blocked_until then write(each .. ':blocked_until', blocked_until + reported - zoom_offset) end
      end
    end
    zoom_offset, day = reported, today
    write('zoom_offset', zoom_offset)
    write('zoom_offset_at', now)
    today = math.floor((now + zoom_offset) / DAY)
    if today ~= day then change_day(day, today, true) end
  end
end
write('day', today)
local used, used_by_others = read(quota .. ':used') or 0, read(quota .. ':used_by_others') or 0
local blocked_until = read(quota .. ':blocked_until') or 0
if blocked_until <= now + zoom_offset then blocked_until = 0 end

local function remaining()
  if blocked_until > 0 then return 0 end
  if per_day then return math.max(0, per_day - used - used_by_others) end
end

local paused_until, fraction = read(label .. ':paused_until') or 0, read(label .. ':fraction') or 1

-- The caller decides about the adaptive rate. Its change is rejected if another process has made one meanwhile.
local adaptive_rate = redis.call('HGET', account, label .. ':adaptive_rate') or nil
local change = action.adaptive_rate
if change and change.old == adaptive_rate then
  adaptive_rate, fraction = change.new, change.fraction
  redis.call('HSET', account, label .. ':adaptive_rate', adaptive_rate, label .. ':fraction', tostring(fraction))
end

-- No window holds more permits than its capacity.
local rate = request.rate * fraction
local capacity = math.ceil(rate)
local window = math.ceil(capacity / rate * SECOND + 2 * request.latency_jitter)

-- A process uses a permit up to *spread* later than planned, since it cannot know this server's clock exactly. All its
-- permits are late by the same time, so this matters only between processes.
local spread = read(label .. ':spread') or 0
if request.spread >= spread or now - (read(label .. ':spread_at') or 0) > window + 4 * SECOND then
  spread = request.spread
  write(label .. ':spread', spread)
  write(label .. ':spread_at', now)
end
local others_until = read(label .. ':others_until') or 0 -- the last permit of a process other than the latest one
if redis.call('HGET', account, label .. ':process') ~= request.process then
  others_until = tonumber(redis.call('ZREVRANGE', permits, 0, 0, 'WITHSCORES')[2]) or 0
end

local function next_permit()
  local latest = redis.call('ZREVRANGE', permits, 0, 0, 'WITHSCORES')[2]
  local before = tonumber(redis.call('ZREVRANGE', permits, capacity - 1, capacity - 1, 'WITHSCORES')[2])
  local at = math.max(opens_at, paused_until)
  -- Permits are a little closer than even, so that the rate recovers after permits that were not used.
  if latest then at = math.max(at, latest + math.ceil(0.9 * window / capacity)) end
  if before then at = math.max(at, before + window + (before < others_until + spread and spread or 0)) end
  return at
end

-- All processes get leases of one size, so that those that ask again when they have used one get equal shares. The size
-- falls while many ask, so that none waits long.
local function lease_size(queue)
  local size, longest = read(label .. ':lease_size') or 8, LEASE_AHEAD + request.round_trip
  if now - (read(label .. ':lease_changed_at') or 0) >= SECOND then
    if queue > longest then size = math.max(1, math.floor(size / 2)) end
    if queue < longest / 4 then size = math.min(64, size * 2) end
    write(label .. ':lease_size', size)
    write(label .. ':lease_changed_at', now)
  end
  return size
end

local granted, counted, retry_in, exhausted = {}, 0, 0, false
-- A process that asks too early gets a turn: the time at which it asks again. Turns are in order of the first requests.
local last_turn, turn = read(label .. ':turn') or 0, nil
local TURN_TOLERANCE = SECOND / 50

local function apply_reports(reports)
  for _, report in ipairs(reports) do
    if report.used_at then
      redis.call('ZADD', permits, 'XX', text(report.used_at), text(report.id))
    else
      redis.call('ZREM', permits, text(report.id))
    end
  end
  redis.call('ZREMRANGEBYSCORE', permits, '-inf', text(now - window - spread - SECOND))
end

-- Restore the count of a lost state from a caller, and wait until permits of that state have been used.
local function restore(lease)
  local is_lost = request.created and request.created ~= created
  if not (is_lost or request.was_disconnected) then return end
  if lease.known_day == today then used = math.max(used, lease.known_used or 0) end
  if request.was_disconnected then -- the caller sent requests without permits, and other processes may still do so
    opens_at = math.max(opens_at, now + window + SECOND)
  elseif not read(label .. ':restored') then
    write(label .. ':restored', 1)
    opens_at = math.max(opens_at, now + window)
  end
end

local function grant(lease)
  local available = remaining() or math.huge
  local wanted, prepaid = lease.permits or 0, lease.prepaid or 0
  local held_for = math.max(paused_until, opens_at) - now
  if blocked_until > 0 or (wanted > 0 and prepaid + available == 0) then
    exhausted = true
  -- The first request of a process wants no permits. In a new state it waits, so that others can restore the old one.
  elseif held_for > (wanted > 0 and LEASE_AHEAD or LEASE_AHEAD / 2) then
    retry_in = math.max(1, math.min(held_for - LEASE_AHEAD / 2 - request.round_trip, SECOND))
  elseif wanted > 0 then
    local at = math.max(next_permit(), now + request.delay)
    local size = math.min(wanted, lease_size(at - now), prepaid + available)
    local its_turn = lease.turn and lease.turn <= last_turn and lease.turn -- not that of a lost state
    local may_lease = last_turn <= now or (its_turn and its_turn <= now + TURN_TOLERANCE)
    while may_lease and #granted < size and at <= now + LONGEST_AHEAD do
      redis.call('ZADD', permits, text(at), text(at))
      granted[#granted + 1] = text(at)
      at = next_permit()
    end
    if #granted > 0 then
      redis.call('HSET', account, label .. ':process', request.process, label .. ':others_until', text(others_until))
    else
      turn = math.max(at - LONGEST_AHEAD, its_turn or last_turn + window / capacity)
      last_turn = math.max(last_turn, turn)
      write(label .. ':turn', last_turn)
      retry_in = math.max(1, turn - now - request.round_trip / 2)
    end
    counted = math.max(0, #granted - prepaid)
    used = used + counted
  end
end

if action.lease then
  local lease = action.lease
  apply_reports(lease.reports or {})
  restore(lease)
  write(label .. ':opens_at', opens_at)
  used = math.max(0, used - (lease.refunded or 0) + (lease.unshared or 0))
  if lease.zoom_remaining and per_day then
    used_by_others = math.max(used_by_others, per_day - used - lease.zoom_remaining)
    write(quota .. ':used_by_others', used_by_others)
  end
  grant(lease)
  write(quota .. ':used', used)
  redis.call('PEXPIRE', permits, 2 * DAY / 1000)
elseif action.pause then
  paused_until = math.max(paused_until, now + action.pause)
  write(label .. ':paused_until', paused_until)
elseif action.block_until then
  blocked_until = math.max(blocked_until, action.block_until)
  write(quota .. ':blocked_until', blocked_until)
end
redis.call('PEXPIRE', account, 2 * DAY / 1000)

return cjson.encode({
  now = text(now),
  created = text(created),
  day = today,
  permits = #granted > 0 and granted or nil, -- cjson writes an empty table as an object
  counted = counted,
  retry_in = retry_in / SECOND,
  turn = turn and text(turn),
  exhausted = exhausted,
  blocked = blocked_until > 0,
  resumes_at = (blocked_until > 0 and blocked_until or (today + 1) * DAY) / SECOND,
  used = used,
  remaining = remaining(),
  fraction = fraction,
  adaptive_rate = adaptive_rate,
  available_in = math.max(0, next_permit() - now, last_turn > now and last_turn + LONGEST_AHEAD - now or 0) / SECOND,
})
