#include "feed/record_name.hpp"

#include "feed/record_codec.hpp"
#include "feed/sos_record_codec.hpp"

namespace td::feed {

std::optional<record_name> name_of_message(std::string_view message_id) {
    const auto call = call_id::parse(message_id.substr(0, call_id::length));
    if (!call || message_id.size() <= call_id::length || message_id[call_id::length] != '.') {
        return std::nullopt;
    }
    const std::string_view kind = message_id.substr(call_id::length + 1);
    if (kind == door_finished || kind == sos_finished || kind == callback_finished) {
        return record_name{*call, record_kind::finished};
    }
    if (kind == sos_alerted) {
        return record_name{*call, record_kind::alert};
    }
    if (kind.starts_with(sos_alerted) && kind.substr(sos_alerted.size()) == every_try_suffix) {
        return record_name{*call, record_kind::last_alert};
    }
    return std::nullopt;
}

}  // namespace td::feed
