#include "runtime/clock.hpp"

#include <fstream>
#include <string>

namespace td::runtime {

std::optional<journal::clock_origin> origin_of(const steady_utc& clock) {
    std::ifstream from("/proc/sys/kernel/random/boot_id");
    std::string boot_id;
    if (!std::getline(from, boot_id) || boot_id.empty()) {
        return std::nullopt;
    }
    return journal::clock_origin{boot_id, clock.zero()};
}

}  // namespace td::runtime
