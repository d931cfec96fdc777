#include "sim/watcher.hpp"

namespace td::sim {

void watcher::saw_step(instant now, const call::fact* news, const call::commands& out) {
    if (news != nullptr) {
        take(now, *news);
    }
    for (const call::command& wish : out) {
        take(now, wish, out);
    }
}

void watcher::saw_next_deadline(instant now, instant next) {
    if (next <= now) {
        blame(now, {}, "a deadline that is due is not served: the worker would spin");
    }
}

void watcher::check_left_behind(instant now, const fake_asterisk& asterisk, std::size_t calls, std::size_t legs) {
    for (const channel_snapshot& c : asterisk.channels()) {
        blame(now, {}, "Asterisk still has channel " + c.id + " " + std::string(name_of(c.state)));
    }
    for (const bridge_snapshot& b : asterisk.bridges()) {
        blame(now, {}, "Asterisk still has bridge " + b.id);
    }
    if (calls != 0 || legs != 0) {
        blame(now, {},
              "the switchboard still has " + std::to_string(calls) + " calls and " + std::to_string(legs) + " legs");
    }
}

void watcher::blame(instant now, const call_id& call, const std::string& words) {
    constexpr std::size_t enough = 20;
    if (broken_.size() < enough) {
        broken_.push_back("at " + std::to_string((now - start_) / 1ms) + " ms, call " +
                          std::string(call.text().substr(call_id::length - 6)) + ": " + words);
    }
}

}  // namespace td::sim
