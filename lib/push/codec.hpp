#pragma once
// The push server's HTTP interface in bytes. Pure; when to send stands in http_push.hpp.

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/commands.hpp"
#include "call/facts.hpp"

namespace td::push {

/// The body of POST {url}/push: call, kind, reason (of `ended`), panel, flat, title, sent_at, deadline (RFC 3339 with
/// milliseconds), ttl_ms (whole milliseconds from `now` to the deadline, never negative) and devices. Bytes that are
/// not UTF-8 become U+FFFD.
[[nodiscard]] std::string body_of(const call::push& wish, instant now);

using rejections = std::vector<call::push_answered::rejection>;

/// Which of the devices asked for were not accepted. 202 is the contract's word, and every 2xx is taken for it; a body
/// that cannot be read then rejects nobody: the phones may well be ringing already, and a failure would only count them
/// as not. Any other status fails with `status_<n>`. Reasons are cut to 64 printable characters; devices that were not
/// asked for are left out.
[[nodiscard]] result<rejections> read_reply(int status, std::string_view body, const call::push& wish);

}  // namespace td::push
