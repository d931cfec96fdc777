// Any bytes into everything that reads what Asterisk sends: events, lists, HTTP replies, WebSocket frames. The readers
// of a stream must make the same of it whatever the pieces it comes in.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ari/encoding.hpp"
#include "ari/events.hpp"
#include "ari/frames.hpp"
#include "ari/http_reader.hpp"

namespace {

constexpr std::size_t limit = 4096;

std::string http_in_pieces(std::string_view bytes, std::size_t piece) {
    td::ari::http_reader reader(limit);
    std::vector<td::ari::http_reply> replies;
    std::string told;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        if (!reader.take(bytes.substr(at, piece), replies)) {
            told = "refused ";
            break;
        }
    }
    for (const auto& reply : replies) {
        told.append(std::to_string(reply.status)).append(":").append(reply.body).append(reply.last ? "$" : " ");
    }
    return told;
}

std::string frames_in_pieces(std::string_view bytes, std::size_t piece) {
    td::ari::frame_reader reader(limit);
    std::string told;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const bool sound =
            reader.take(bytes.substr(at, piece), [&told](td::ari::opcode kind, std::string_view payload) {
                told.append(std::to_string(static_cast<int>(kind))).append(":").append(payload).append(" ");
            });
        if (!sound) {
            return told + "refused";
        }
    }
    return told;
}

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    td::ari::reader codec;
    const td::ari::event news = codec.read(bytes);
    if (const auto* panel = std::get_if<td::ari::panel_entered>(&news)) {
        must(panel->panel.empty() == panel->flat.empty());
        must(panel->panel.empty() != panel->complaint.empty());
        must(td::ari::printable(panel->panel.text()) && td::ari::printable(panel->flat.text()));
    }
    static_cast<void>(codec.channels(bytes));
    static_cast<void>(codec.bridges(bytes, "td"));
    static_cast<void>(codec.application_channels(bytes));
    must(http_in_pieces(bytes, size + 1) == http_in_pieces(bytes, 1));
    must(frames_in_pieces(bytes, size + 1) == frames_in_pieces(bytes, 1));
    static_cast<void>(td::ari::handshake_status(bytes, "dGhlIHNhbXBsZSBub25jZQ=="));
    static_cast<void>(td::ari::parse_endpoint(bytes));
    return 0;
}
