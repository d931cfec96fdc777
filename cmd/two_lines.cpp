#include "cmd/two_lines.hpp"

#include <variant>

namespace td::cmd {

void two_lines::saw(instant, const call::fact& news, const call::commands& wishes) {
    if (const auto* sos = std::get_if<call::sos_arrived>(&news)) {
        begins(sos->call);
    } else if (const auto* back = std::get_if<call::callback_arrived>(&news)) {
        begins(back->call);
    }
    for (const call::command& wish : wishes) {
        if (const auto* end = std::get_if<call::finish_sos>(&wish)) {
            ends(end->record.call);
        } else if (const auto* over = std::get_if<call::finish_callback>(&wish)) {
            ends(over->record.call);
        }
    }
}

/// The commands of the step that ended it are still to be sent, hence not forgotten at once.
void two_lines::ends(const call_id& call) {
    constexpr std::size_t remembered = 100;
    ended_.push_back(call);
    if (ended_.size() > remembered) {
        emergencies_.erase(ended_.front());
        ended_.pop_front();
    }
}

}  // namespace td::cmd
