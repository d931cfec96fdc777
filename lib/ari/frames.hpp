#pragma once
// WebSocket frames (RFC 6455 section 5) of a client, and its handshake (section 4). Pure. Our own rather than Beast's
// because all events that wait are read with one system call and all requests of a turn are written with one; Beast
// does one call for each kilobyte read and for each message written.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace td::ari {

enum class opcode : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one final frame, masked with `mask` as a client must (section 5.3).
void append_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask);

class frame_reader {
public:
    /// Takes a whole message or a control frame; the payload lives until the call returns.
    using taker = std::function<void(opcode, std::string_view)>;

    explicit frame_reader(std::size_t message_limit) : message_limit_(message_limit) {}

    /// Gives every message that is complete now to `take_one`, fragments put together. False when the peer breaks the
    /// protocol or a message is beyond the limit: cut the line.
    [[nodiscard]] bool take(std::string_view bytes, const taker& take_one);

private:
    struct frame {
        opcode kind = opcode::more;
        bool final = false;
        std::string_view payload;
        std::size_t length = 0;  ///< with its head; 0 when more bytes are needed
    };
    bool read(std::string_view bytes, frame& out) const;
    bool accept(const frame& one, const taker& take_one);

    std::size_t message_limit_;
    std::string rest_;                    ///< a frame that is not complete yet
    std::string message_;                 ///< fragments of a message that is not complete yet
    opcode message_kind_ = opcode::more;  ///< `more` while no fragment has come
};

/// The request that turns a connection into a WebSocket. `fixed` are header lines each with its CRLF, `nonce` is the
/// base64 of 16 bytes.
[[nodiscard]] std::string handshake(std::string_view target, std::string_view fixed, std::string_view nonce);
/// What the server must say in Sec-WebSocket-Accept to that nonce.
[[nodiscard]] std::string expected_accept(std::string_view nonce);
/// The status of a reply head, 0 when it is not HTTP; 0 too for a 101 that does not accept the nonce.
[[nodiscard]] int handshake_status(std::string_view head, std::string_view nonce);

}  // namespace td::ari
