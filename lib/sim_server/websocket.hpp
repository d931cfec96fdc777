#pragma once
// The server's side of the WebSocket protocol (RFC 6455) as a codec: bytes in, messages out. It is our own, and not
// Beast's stream, for two reasons: all events of a turn leave in one write, and a reader that is too slow is cut by the
// rule of Asterisk (websocket_write_timeout), which needs the bytes and not a stream. No extensions are negotiated.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td::sim_server {

/// Values of the close frame (RFC 6455 §7.4.1).
enum class close_code : std::uint16_t {
    none = 0,
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    invalid_text = 1007,
    too_big = 1009,
};

enum class frame_kind : std::uint8_t { text = 0x1, close = 0x8, ping = 0x9, pong = 0xA };

/// The value of Sec-WebSocket-Accept for the client's Sec-WebSocket-Key (§4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

/// Appends one unmasked, unfragmented frame.
void append_frame(std::string& out, frame_kind kind, std::string_view payload);
/// Appends a close frame with its code; `none` closes without a code.
void append_close(std::string& out, close_code why);

/// Takes the bytes of a client, however they were cut, and gives back whole messages.
class frame_reader {
public:
    enum class finding : std::uint8_t {
        more,    ///< a message is not complete yet
        text,    ///< a text or binary message; Asterisk reads both alike
        ping,    ///< to be answered by a pong with the same payload
        pong,    ///< an answer, or a beat that nobody asked for
        close,   ///< the client says good-bye
        broken,  ///< the client broke the protocol: close with `why()`, read no further
    };

    /// A message longer than `limit` bytes is broken (too_big).
    explicit frame_reader(std::size_t limit) : limit_(limit) {}

    void feed(std::string_view bytes);
    /// The next thing in what was fed; call it until it says `more`. After `broken` it says `broken` for ever.
    [[nodiscard]] finding next();
    /// The payload of the last finding; valid until the next call.
    [[nodiscard]] const std::string& payload() const { return payload_; }
    [[nodiscard]] close_code why() const { return why_; }

private:
    struct header;

    finding refuse(close_code why);
    /// One frame; nothing when it was a fragment and the message goes on.
    std::optional<finding> take_frame();
    finding take_control(const header& frame);
    std::optional<finding> take_data(const header& frame);
    finding whole_message();

    std::size_t limit_;
    std::string bytes_;
    std::size_t read_ = 0;  ///< how much of bytes_ is used up
    std::string payload_;
    std::string message_;  ///< the fragments so far
    bool in_message_ = false;
    bool is_text_ = false;
    close_code why_ = close_code::none;
};

}  // namespace td::sim_server
