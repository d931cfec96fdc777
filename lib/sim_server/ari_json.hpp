#pragma once
// What the model of Asterisk says, as the JSON that Asterisk writes: the same names, the same order of names, the same
// times. The shapes are those of versions 16 and 22 as seen on the wire.

#include <string>
#include <string_view>

#include "sim/ari_words.hpp"

namespace td::sim_server {

/// The time as ARI writes it: RFC 3339 but with +0000 for the zone.
[[nodiscard]] std::string ari_time(instant at);

void append_channel(std::string& out, const sim::channel_snapshot& channel);
void append_bridge(std::string& out, const sim::bridge_snapshot& bridge);
void append_application(std::string& out, const sim::application_snapshot& application);

/// One event as the text of a WebSocket message. It goes over `out`, which is cleared first.
void event_text(std::string& out, const sim::event& news);

/// The body of a reply: a document, {"message":…}, {"error":…}, or nothing.
[[nodiscard]] std::string body_text(const sim::reply& reply);
/// {"message":…}
[[nodiscard]] std::string message_text(std::string_view message);

/// Stands in every event and in the reply to asterisk/info; a real one is the address of a network card.
inline constexpr std::string_view asterisk_id = "02:00:00:00:00:01";

}  // namespace td::sim_server
