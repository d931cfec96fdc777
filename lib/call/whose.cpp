#include "call/whose.hpp"

#include <type_traits>

#include "base/overloaded.hpp"

namespace td::call {
namespace {

/// Nothing when it names none in the way that nearly all do.
template <class Told>
std::optional<call_id> call_in(const Told& told) {
    if constexpr (requires { told.call; }) {
        return told.call;
    } else if constexpr (requires { told.leg.call; }) {
        return told.leg.call;
    } else {
        return std::nullopt;
    }
}

}  // namespace

std::optional<call_id> call_named_by(const fact& news) {
    return std::visit([](const auto& told) { return call_in(told); }, news);
}

std::optional<call_id> call_named_by(const command& wish) {
    return std::visit(
        [](const auto& each) -> std::optional<call_id> {
            if constexpr (requires { each.record; }) {
                return each.record.call;
            } else if constexpr (requires { each.news; }) {
                return each.news.call;
            } else if constexpr (requires { each.bridge; }) {
                return each.bridge;
            } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(each)>, drop_stray>) {
                const auto leg = leg_of_channel(each.channel.text());
                return leg ? std::optional(leg->call) : std::nullopt;
            } else {
                return call_in(each);
            }
        },
        wish);
}

std::optional<call_id> call_finished_by(const command& wish) {
    return std::visit(overloaded{[](const finish& end) { return std::optional(end.record.call); },
                                 [](const finish_sos& end) { return std::optional(end.record.call); },
                                 [](const finish_callback& end) { return std::optional(end.record.call); },
                                 [](const auto&) { return std::optional<call_id>(); }},
                      wish);
}

std::optional<call_id> call_begun_by(const fact& news) {
    return std::visit(overloaded{[](const panel_arrived& each) { return std::optional(each.call); },
                                 [](const sos_arrived& each) { return std::optional(each.call); },
                                 [](const callback_arrived& each) { return std::optional(each.call); },
                                 [](const auto&) { return std::optional<call_id>(); }},
                      news);
}

}  // namespace td::call
