#include "push/patience.hpp"

#include <algorithm>

namespace td::push {
namespace {

/// A status of 4xx is the server's last word, but for "too many" (RFC 6585) and "request timeout".
bool worth_another_try(const failure& why) {
    return !why.text.starts_with("status_4") || why.text == "status_429" || why.text == "status_408";
}

}  // namespace

std::optional<duration> pause_before_next_try(call::push_kind kind, const failure& why, unsigned tries, duration passed,
                                              duration limit) {
    constexpr duration first = 250ms;
    if (kind == call::push_kind::ring || !worth_another_try(why)) {
        return std::nullopt;
    }
    const duration pause = first * (1U << std::min(tries - 1, 10U));
    return passed + pause < limit ? std::optional(pause) : std::nullopt;
}

}  // namespace td::push
