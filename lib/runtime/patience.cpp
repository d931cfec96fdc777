#include "runtime/patience.hpp"

#include <algorithm>

namespace td::runtime {

duration patience::behind(instant real) const {
    return std::max(duration{0}, behind_when_woken_ - (real - woke_) * (hurries - 1));
}

instant patience::turn(instant real, instant due) {
    if (turned_ != never && real - turned_ > stood_still && due < real + hears_first) {
        const instant left_at = turned_ - behind(turned_);
        behind_when_woken_ = real - std::max({left_at, due - hears_first, real - longest});
        woke_ = real;
    }
    turned_ = real;
    return real - behind(real);
}

instant patience::on_the_clock(instant at) const {
    const instant caught_up = woke_ + behind_when_woken_ / (hurries - 1);
    if (at >= caught_up) {
        return at;
    }
    return woke_ + (at - (woke_ - behind_when_woken_)) / hurries;
}

}  // namespace td::runtime
