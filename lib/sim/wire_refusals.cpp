// What a request is refused with, where the plan wants it refused.

#include <array>
#include <span>

#include "sim/wire.hpp"

namespace td::sim {

/// A refusal that Asterisk could really give. Who is gone or in other hands (404; 409 for
/// give_back) is always true, so it is not among those of an end.
int wire::some_refusal_of(call::act kind) {
    using call::act;
    static constexpr std::array<int, 5> of_dial{409, 500, 503, 400, 0};
    static constexpr std::array<int, 6> of_members{409, 412, 422, 500, 503, 0};
    static constexpr std::array<int, 3> of_ends{500, 503, 0};
    const auto pick = [this](std::span<const int> from) { return from[random_.below(from.size())]; };
    switch (kind) {
        case act::dial: return pick(of_dial);
        case act::sound:
        case act::answer:
        case act::join:
        case act::send_keys: return pick(of_members);
        case act::bridge:
        case act::drop_leg:
        case act::drop_panel:
        case act::give_back:
        case act::remove_bridge: return pick(of_ends);
    }
    return 0;
}

}  // namespace td::sim
