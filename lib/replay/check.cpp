#include "replay/check.hpp"

namespace td::replay {

std::string_view name_of(left_out why) {
    switch (why) {
        case left_out::begun_before: return "begun_before";
        case left_out::hole: return "hole";
        case left_out::damaged: return "damaged";
    }
    return "?";
}

void check_counts::add(const check_counts& other) {
    calls += other.calls;
    remembered += other.remembered;
    facts += other.facts;
    commands += other.commands;
    different += other.different;
    begun_before += other.begun_before;
    hole += other.hole;
    damaged += other.damaged;
    damaged_lines += other.damaged_lines;
}

}  // namespace td::replay
