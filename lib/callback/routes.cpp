#include "callback/routes.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace td::callback {
namespace {

// Tokens have 64 bits and Lua's numbers 53, so they are compared as texts: the longer one is the greater.
// A lease that is no number fences nothing; one of another type counts as none. The expiry is one moment for all three,
// of Redis' own clock.
// Many routes in one go cost Redis and us half of what they cost one by one.
constexpr std::string_view write_script = R"(
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local wrote = {}
for i = 1, #KEYS / 3 do
  local lease, token = KEYS[3 * i - 2], ARGV[4 * i - 3]
  local kept = redis.pcall('GET', lease)
  kept = type(kept) == 'string' and string.match(kept, '^0*(%d+)$')
  if kept and (#token < #kept or #token == #kept and token < kept) then
    wrote[i] = 0
  else
    local at = string.format('%.0f', now + ARGV[4 * i])
    redis.call('SET', lease, token, 'PXAT', at)
    redis.call('SET', KEYS[3 * i - 1], ARGV[4 * i - 2], 'PXAT', at)
    redis.call('SET', KEYS[3 * i], ARGV[4 * i - 1], 'PXAT', at)
    wrote[i] = 1
  end
end
return wrote)";

// What stays is the lease, as the oldest one that may write again (ARGV[2]), for as long as the entry would have stood.
constexpr std::string_view remove_script = R"(
local kept = redis.pcall('GET', KEYS[1])
kept = type(kept) == 'string' and string.match(kept, '^0*(%d+)$')
if kept and (#ARGV[1] < #kept or #ARGV[1] == #kept and ARGV[1] < kept) then return {0} end
local left = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', left > 0 and left or ARGV[3]) end
return {1})";

// MGET gives nothing for a key of another type, where GET would fail. PEXPIRETIME (Redis 7) is the same for all three
// however long this takes; what is older has PTTL.
constexpr std::string_view read_script = R"(
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local function left(key)
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) ~= 'number' then return redis.call('PTTL', key) end
  return at < 0 and at or math.max(at - now, 0)
end
local all = {}
for i = 1, #KEYS, 3 do
  local found = redis.call('MGET', KEYS[i], KEYS[i + 1], KEYS[i + 2])
  for j = 0, 2 do found[4 + j] = left(KEYS[i + j]) end
  all[#all + 1] = found
end
return all)";

constexpr std::string_view lease_key = "td:sos:lease:";
constexpr std::string_view route_key = "td:sos:route:";
constexpr std::string_view site_key = "td:sos:site:";

constexpr std::size_t longest_number = 20;
constexpr std::size_t longest_panel = 128;
constexpr std::size_t longest_site = std::size_t{16} << 10U;
// A removal of what does not stand there is remembered as long as a call may last: its worker may still write.
constexpr std::chrono::milliseconds removal_remembered = std::chrono::hours{4};
// Without PEXPIRETIME the times of one entry are read one after another, and Redis' clock goes on.
constexpr duration asked_within = 20ms;
// A longer time than anybody means, and far from the end of Redis' clock.
constexpr duration longest_time = std::chrono::hours{24 * 365 * 100LL};

std::string key_of(std::string_view prefix, const number_id& number) {
    return std::string(prefix).append(number.text());
}

void append_keys(script_words& words, const number_id& number) {
    for (const std::string_view prefix : {lease_key, route_key, site_key}) {
        words.push_back(key_of(prefix, number));
    }
}

std::string milliseconds_text(duration length) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(std::min(length, longest_time));
    return std::to_string(whole.count());
}

std::optional<std::string> text_in(const redis::reply& list, std::size_t place) {
    const bool there = place < list.list.size() && list.list[place].what == redis::reply::form::text;
    return there ? std::optional(list.list[place].text) : std::nullopt;
}

std::optional<pool::lease_token> token_in(const std::optional<std::string>& text) {
    pool::lease_token token = 0;
    if (!text || text->empty()) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), token);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional(token) : std::nullopt;
}

}  // namespace

std::string_view text_of(script which) {
    switch (which) {
        case script::write: return write_script;
        case script::remove: return remove_script;
        case script::read: return read_script;
    }
    return read_script;
}

script_words writing_of(std::span<const pool::callback_route> routes) {
    script_words words{std::to_string(routes.size() * 3)};
    words.reserve(1 + routes.size() * 7);
    for (const pool::callback_route& each : routes) {
        append_keys(words, each.number);
    }
    for (const pool::callback_route& each : routes) {
        words.insert(words.end(),
                     {std::to_string(each.token), each.panel.text(), each.site, milliseconds_text(each.expires_in)});
    }
    return words;
}

script_words removal_of(const ports::callback_removal& removal) {
    const bool fence = removal.how == ports::callback_removal::manner::fence;
    const bool last = removal.token == std::numeric_limits<pool::lease_token>::max();
    const std::string next = std::to_string(last ? removal.token : removal.token + 1);
    script_words words{"3"};
    append_keys(words, removal.number);
    words.insert(words.end(), {std::to_string(removal.token), fence ? next : std::string(),
                               std::to_string(removal_remembered.count())});
    return words;
}

script_words reading_of(std::span<const number_id> numbers) {
    script_words words{std::to_string(numbers.size() * 3)};
    words.reserve(1 + numbers.size() * 3);
    for (const number_id& each : numbers) {
        append_keys(words, each);
    }
    return words;
}

pool::map_outcome outcome_of(const redis::reply& said, std::size_t place) {
    if (place >= said.list.size() || said.list[place].what != redis::reply::form::number) {
        return pool::map_outcome::failed;
    }
    return said.list[place].number == 1 ? pool::map_outcome::written : pool::map_outcome::superseded;
}

pool::callback_entry entry_of(const number_id& number, const redis::reply& said, std::size_t place) {
    pool::callback_entry entry;
    entry.number = number;
    if (place >= said.list.size()) {
        return entry;
    }
    const redis::reply& found = said.list[place];
    entry.token = token_in(text_in(found, 0));
    if (auto panel = text_in(found, 1)) {
        entry.panel = panel_id{std::move(*panel)};
    }
    entry.site = text_in(found, 2);
    bool unlimited = false;
    for (std::size_t i = 3; i < found.list.size(); ++i) {
        const std::int64_t left = found.list[i].number;  // -2: no such key; -1: it never expires
        unlimited = unlimited || left == -1;
        if (left >= 0) {
            const duration length = std::chrono::milliseconds{left};
            entry.expires_in = std::min(entry.expires_in.value_or(length), length);
            entry.expires_last = std::max(entry.expires_last.value_or(length), length);
        }
    }
    if (unlimited) {
        entry.expires_last = std::nullopt;
    } else if (entry.expires_last && *entry.expires_last - *entry.expires_in <= asked_within) {
        entry.expires_last = entry.expires_in;
    }
    return entry;
}

redis::command scan_of(std::string_view cursor) {
    return {"SCAN", std::string(cursor), "MATCH", "td:sos:*", "COUNT", "2000"};
}

number_id number_in(std::string_view key) {
    for (const std::string_view prefix : {lease_key, route_key, site_key}) {
        if (key.starts_with(prefix)) {
            return number_id{std::string(key.substr(prefix.size()))};
        }
    }
    return {};
}

redis::command ask_whether_writable() {
    return {"SET", std::string(lease_key), "0", "XX", "PX", "1"};
}

result<done> usable(const pool::callback_route& route) {
    const auto bad = [](std::string text) { return failure{failure_kind::bad_input, std::move(text)}; };
    const std::string& number = route.number.text();
    const bool digits = number.find_first_not_of("0123456789") == std::string::npos;
    if (number.empty() || number.size() > longest_number || !digits) {
        return bad("a number of the callback map is 1 to 20 digits");
    }
    const std::string& panel = route.panel.text();
    const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
    if (panel.empty() || panel.size() > longest_panel || std::any_of(panel.begin(), panel.end(), control)) {
        return bad("a panel of the callback map is 1 to 128 bytes without control characters");
    }
    if (route.site.size() > longest_site) {
        return bad("a site of the callback map is at most 16 KiB");
    }
    return done{};
}

}  // namespace td::callback
