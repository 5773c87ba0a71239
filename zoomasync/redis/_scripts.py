"""What Redis does in one round trip, in Lua. Times are microseconds of its own clock."""

from __future__ import annotations

from typing import Final

from ._connection import Script

BUDGETS: Final = Script("""
-- A hash of what is known of the account, and when each of the label's last and next slots is used.
local key, slots = KEYS[1], KEYS[2]
local verb, label, purse = ARGV[1], ARGV[2], ARGV[3]
local known, skew, per_day = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local rate, jitter, travel = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local SECOND, DAY = 1000000, 86400000000
local AHEAD = SECOND / 4

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]

local function read(field) return tonumber(redis.call('HGET', key, field)) end
local function write(field, number) redis.call('HSET', key, field, string.format('%.0f', number)) end
local function drop(...) redis.call('HDEL', key, ...) end

local born = read('born')
if not born then
  born = now
  write('born', born)
end
-- Where nothing is known, others may still have slots in hand.
local opens = read(label .. ':opens') or born + AHEAD
if now < (read(label .. ':last') or 0) - SECOND then -- the clock was set back
  redis.call('DEL', slots)
  drop(label .. ':hold', label .. ':first', label .. ':second', label .. ':changed', label .. ':leased')
  opens = now + 2 * SECOND
end
write(label .. ':last', now)

-- The day is Zoom's.
local zoom_ahead = read('skew') or 0
if skew and math.abs(skew - zoom_ahead) >= 2 * SECOND then
  zoom_ahead = skew
  write('skew', skew)
end
local today = math.floor((now + zoom_ahead) / DAY)
if today > (read('day') or 0) then
  for _, each in ipairs({'light', 'medium', 'heavy', 'resource-intensive'}) do
    drop(each .. ':used', each .. ':lost')
  end
end
write('day', today)
local used, lost = read(purse .. ':used') or 0, read(purse .. ':lost') or 0
local park = read(purse .. ':park') or 0
if park <= now + zoom_ahead then park = 0 end

local hold, pace = read(label .. ':hold') or 0, read(label .. ':pace') or 1000
local changed = read(label .. ':changed') or 0

local function set_pace(new)
  pace, changed = new, now
  write(label .. ':pace', pace)
  write(label .. ':changed', changed)
end

-- No window holds more than its capacity. Slots are a little closer than even, so that what was missed is made up for.
local capacity, window
local function measure()
  local through = rate * pace / 1000
  capacity = math.ceil(through)
  window = math.ceil(capacity / through * SECOND + 2 * jitter)
end
measure()

local function next_slot()
  local latest = redis.call('ZREVRANGE', slots, 0, 0, 'WITHSCORES')[2]
  local before = redis.call('ZREVRANGE', slots, capacity - 1, capacity - 1, 'WITHSCORES')[2]
  local at = math.max(opens, hold)
  if latest then at = math.max(at, latest + math.ceil(0.9 * window / capacity)) end
  if before then at = math.max(at, before + window) end
  return at
end

-- All get leases of one size, so that who asks again when they are used up has the same share; where many ask, small
-- ones, so that nobody waits long for the next.
local function lease(queue)
  local size = read(label .. ':lease') or 8
  if now - (read(label .. ':leased') or 0) >= SECOND then
    if queue > AHEAD then size = math.max(1, math.floor(size / 2)) end
    if queue < AHEAD / 4 then size = math.min(64, size * 2) end
    write(label .. ':lease', size)
    write(label .. ':leased', now)
  end
  return size
end

local given, counted, wait, spent = {}, 0, 0, 0

if verb == 'take' then
  local want, free, back = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
  local zoom_left, known_day, known_used = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])

  for note = 16, #ARGV, 2 do
    if ARGV[note + 1] == '0' then -- not used
      redis.call('ZREM', slots, ARGV[note])
    else
      redis.call('ZADD', slots, 'XX', ARGV[note + 1], ARGV[note])
    end
  end
  redis.call('ZREMRANGEBYSCORE', slots, '-inf', string.format('%.0f', now - window - SECOND))

  if known ~= 0 and known ~= born then
    if known_day == today then used = math.max(used, known_used) end
    if known < 0 then -- the caller paced itself, and others may still do
      opens = math.max(opens, now + window + SECOND)
    elseif not read(label .. ':missed') then -- what the caller knew was lost
      write(label .. ':missed', 1)
      opens = math.max(opens, now + window)
    end
  end
  write(label .. ':opens', opens)
  used = math.max(0, used - back)
  if zoom_left >= 0 and per_day >= 0 then
    lost = math.max(lost, per_day - used - zoom_left)
    write(purse .. ':lost', lost)
  end
  if pace < 1000 and now - math.max(changed, hold) >= 10 * SECOND then
    set_pace(math.min(1000, pace + 50))
    measure()
  end

  local available = math.huge
  if per_day >= 0 then available = math.max(0, per_day - used - lost) end
  if park > 0 or (want > 0 and free + available == 0) then
    spent = park > 0 and 2 or 1
  elseif hold - now > AHEAD then
    wait = math.min(hold - now - AHEAD / 2, SECOND)
  elseif want > 0 then
    local at = math.max(next_slot(), now + travel)
    local size = math.min(want, lease(at - now), free + available)
    counted = math.max(0, size - free)
    used = used + counted
    for _ = 1, size do
      local number = string.format('%.0f', at)
      redis.call('ZADD', slots, number, number)
      given[#given + 1] = at
      at = next_slot()
    end
  end
  write(purse .. ':used', used)
  redis.call('PEXPIRE', slots, 2 * DAY / 1000)
elseif verb == 'throttle' then
  if now >= hold then -- else it was under way when the pause began: the same refusal
    local before, last = read(label .. ':first'), read(label .. ':second')
    if before and now - before <= 30 * SECOND then
      set_pace(math.max(100, math.floor(pace * 0.75)))
      drop(label .. ':first', label .. ':second')
    else
      if last then write(label .. ':first', last) end
      write(label .. ':second', now)
    end
  end
  hold = math.max(hold, now + tonumber(ARGV[10]))
  write(label .. ':hold', hold)
elseif verb == 'park' then
  park = math.max(park, tonumber(ARGV[10]))
  write(purse .. ':park', park)
end
redis.call('PEXPIRE', key, 2 * DAY / 1000)

local left = -1
if park > 0 then left = 0 elseif per_day >= 0 then left = math.max(0, per_day - used - lost) end
local resumes = park
if park == 0 then resumes = (today + 1) * DAY end
return {now, born, counted, wait, spent, resumes, used, left, pace, math.max(0, next_slot() - now), today, given}
""")
"""Slots, the day, pauses and parks of an account; see `zoomasync.redis._desk`."""

TOKEN_LOOK: Final = Script("""
local token, lease = KEYS[1], KEYS[2]
local stale, holder, seconds = ARGV[1], ARGV[2], tonumber(ARGV[3])
local held = redis.call('HMGET', token, 'value', 'version', 'lifetime')
local ends = redis.call('PTTL', token)
if held[1] and held[2] ~= stale and (ends == -1 or ends * 10 > tonumber(held[3])) then
  return {held[2], held[1], ends}
end
if not redis.call('SET', lease, holder, 'NX', 'PX', seconds * 1000) then return {} end
local clock = redis.call('TIME')
local version = clock[1] * 1000000 + clock[2]
return {string.format('%.0f', math.max(version, tonumber(held[2] or 0) + 1))}
""")
"""Return a token that is good: its version, its value and how long it lives; or a version to get one as; or nothing."""

TOKEN_KEEP: Final = Script("""
local token, lease = KEYS[1], KEYS[2]
local holder, version, lifetime, value = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('GET', lease) == holder then redis.call('DEL', lease) end
if value == '' or tonumber(redis.call('HGET', token, 'version') or 0) > tonumber(version) then return {0} end
redis.call('DEL', token)
redis.call('HSET', token, 'value', value, 'version', version, 'lifetime', lifetime)
if lifetime > 0 then redis.call('PEXPIRE', token, lifetime) end
return {1}
""")
"""Let the lease go, and keep a token unless a newer one is there."""

TOKEN_HOLD: Final = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then return {redis.call('PEXPIRE', KEYS[1], ARGV[2] * 1000)} end
return {0}
""")
"""Hold a lease longer, if it is still ours."""

CLAIM_TAKE: Final = Script("""
local holder, milliseconds = ARGV[1], ARGV[2]
local held = redis.call('GET', KEYS[1])
if held and held ~= holder then return {0} end
redis.call('SET', KEYS[1], holder, 'PX', milliseconds)
return {1}
""")
"""Make a claim ours, or ours for longer, unless it is another's; return whether it is ours."""

CLAIMS_RENEW: Final = Script("""
local holder, milliseconds = ARGV[1], ARGV[2]
local lost = {}
for number, claim in ipairs(KEYS) do
  if redis.call('GET', claim) == holder then
    redis.call('PEXPIRE', claim, milliseconds)
  else
    lost[#lost + 1] = number
  end
end
return lost
""")
"""Hold claims longer that are still ours; return which are not, counted from 1."""

CLAIMS_DROP: Final = Script("""
for _, claim in ipairs(KEYS) do
  if redis.call('GET', claim) == ARGV[1] then redis.call('DEL', claim) end
end
return {}
""")
"""Let go of claims that are still ours."""
