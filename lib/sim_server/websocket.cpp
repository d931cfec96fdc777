#include "sim_server/websocket.hpp"

#include <simdjson.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

namespace td::sim_server {
namespace {

/// SHA-1 (RFC 3174). The handshake needs it as a checksum, not as a secret.
std::array<std::uint8_t, 20> sha1(std::string_view text) {
    std::string padded(text);
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    padded.push_back(static_cast<char>(0x80));
    while (padded.size() % 64 != 56) {
        padded.push_back('\0');
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
        padded.push_back(static_cast<char>((bits >> static_cast<unsigned>(shift)) & 0xffU));
    }

    std::array<std::uint32_t, 5> sum{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
    for (std::size_t block = 0; block < padded.size(); block += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t i = 0; i < 64; ++i) {
            w[i / 4] = (w[i / 4] << 8U) | static_cast<std::uint8_t>(padded[block + i]);
        }
        for (std::size_t i = 16; i < 80; ++i) {
            w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        }
        auto [a, b, c, d, e] = sum;
        for (std::size_t i = 0; i < 80; ++i) {
            const std::uint32_t mix = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999U
                                      : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1U
                                      : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcU
                                               : (b ^ c ^ d) + 0xca62c1d6U;
            const std::uint32_t turned = std::rotl(a, 5) + mix + e + w[i];
            e = std::exchange(d, std::exchange(c, std::rotl(std::exchange(b, std::exchange(a, turned)), 30)));
        }
        sum = {sum[0] + a, sum[1] + b, sum[2] + c, sum[3] + d, sum[4] + e};
    }

    std::array<std::uint8_t, 20> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(sum[i / 4] >> (24U - 8U * (i % 4)));
    }
    return bytes;
}

/// Base 64 (RFC 4648 §4) of the 20 bytes of a checksum: 28 characters, the last of them '='.
std::string base64(const std::array<std::uint8_t, 20>& bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            three = (three << 8U) | (i + k < bytes.size() ? bytes[i + k] : 0U);
        }
        for (unsigned k = 0; k < 4; ++k) {
            text.push_back(letters[(three >> (18U - 6U * k)) & 0x3fU]);
        }
    }
    text.back() = '=';
    return text;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned width) {
    for (unsigned i = width; i-- > 0;) {
        out.push_back(static_cast<char>((value >> (8U * i)) & 0xffU));
    }
}

bool sendable(unsigned code) {
    // §7.4: what may stand in a close frame; 1004 to 1006 and 1015 are reserved for the ends themselves.
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

std::string websocket_accept(std::string_view key) {
    return base64(sha1(std::string(key).append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}

void append_frame(std::string& out, frame_kind kind, std::string_view payload) {
    out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(kind)));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(payload.size()));
    } else if (payload.size() <= 0xffff) {
        out.push_back(static_cast<char>(126));
        append_big_endian(out, payload.size(), 2);
    } else {
        out.push_back(static_cast<char>(127));
        append_big_endian(out, payload.size(), 8);
    }
    out.append(payload);
}

void append_close(std::string& out, close_code why) {
    std::string code;
    if (why != close_code::none) {
        append_big_endian(code, static_cast<std::uint16_t>(why), 2);
    }
    append_frame(out, frame_kind::close, code);
}

struct frame_reader::header {
    bool last = false;
    unsigned kind = 0;
    std::size_t size = 0;
    std::array<char, 4> mask{};
};

void frame_reader::feed(std::string_view bytes) {
    if (read_ > 0) {
        bytes_.erase(0, read_);
        read_ = 0;
    }
    bytes_.append(bytes);
}

frame_reader::finding frame_reader::next() {
    for (;;) {
        if (why_ != close_code::none) {
            return finding::broken;
        }
        if (const std::optional<finding> found = take_frame()) {
            return *found;
        }
    }
}

std::optional<frame_reader::finding> frame_reader::take_frame() {
    const std::string_view rest = std::string_view(bytes_).substr(read_);
    if (rest.size() < 2) {
        return finding::more;
    }
    const auto at = [&rest](std::size_t i) { return static_cast<unsigned>(static_cast<std::uint8_t>(rest[i])); };
    if ((at(0) & 0x70U) != 0 || (at(1) & 0x80U) == 0) {
        return refuse(close_code::protocol_error);  // no extension is in force, and a client always masks (§5.1)
    }
    header frame;
    frame.last = (at(0) & 0x80U) != 0;
    frame.kind = at(0) & 0x0fU;
    std::uint64_t size = at(1) & 0x7fU;
    const std::size_t width = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest.size() < 2 + width + frame.mask.size()) {
        return finding::more;
    }
    if (width > 0) {
        size = 0;
        for (std::size_t i = 0; i < width; ++i) {
            size = (size << 8U) | at(2 + i);
        }
    }
    if (size > limit_) {
        return refuse(close_code::too_big);
    }
    frame.size = static_cast<std::size_t>(size);
    const std::size_t start = 2 + width + frame.mask.size();
    if (rest.size() < start + frame.size) {
        return finding::more;
    }
    std::memcpy(frame.mask.data(), rest.data() + 2 + width, frame.mask.size());
    payload_.assign(rest.substr(start, frame.size));
    read_ += start + frame.size;
    for (std::size_t i = 0; i < payload_.size(); ++i) {
        payload_[i] = static_cast<char>(static_cast<std::uint8_t>(payload_[i]) ^
                                        static_cast<std::uint8_t>(frame.mask[i % frame.mask.size()]));
    }
    return frame.kind >= 8 ? take_control(frame) : take_data(frame);
}

frame_reader::finding frame_reader::take_control(const header& frame) {
    if (!frame.last || frame.size > 125) {
        return refuse(close_code::protocol_error);  // §5.5
    }
    if (frame.kind == static_cast<unsigned>(frame_kind::ping)) {
        return finding::ping;
    }
    if (frame.kind == static_cast<unsigned>(frame_kind::pong)) {
        return finding::pong;
    }
    if (frame.kind != static_cast<unsigned>(frame_kind::close) || payload_.size() == 1) {
        return refuse(close_code::protocol_error);
    }
    if (payload_.size() >= 2) {
        const unsigned code = static_cast<unsigned>(static_cast<std::uint8_t>(payload_[0])) << 8U |
                              static_cast<std::uint8_t>(payload_[1]);
        if (!sendable(code)) {
            return refuse(close_code::protocol_error);
        }
    }
    return finding::close;
}

std::optional<frame_reader::finding> frame_reader::take_data(const header& frame) {
    const bool goes_on = frame.kind == 0x0;
    if (frame.kind > 0x2 || goes_on != in_message_) {
        return refuse(close_code::protocol_error);  // an unknown kind, or fragments of two messages mixed (§5.4)
    }
    if (message_.size() + payload_.size() > limit_) {
        return refuse(close_code::too_big);
    }
    if (!goes_on) {
        is_text_ = frame.kind == static_cast<unsigned>(frame_kind::text);
    }
    in_message_ = !frame.last;
    if (frame.last && !goes_on) {
        return whole_message();
    }
    message_.append(payload_);
    if (!frame.last) {
        return std::nullopt;
    }
    payload_ = std::exchange(message_, {});
    return whole_message();
}

frame_reader::finding frame_reader::whole_message() {
    if (is_text_ && !simdjson::validate_utf8(payload_.data(), payload_.size())) {
        return refuse(close_code::invalid_text);  // §8.1
    }
    return finding::text;
}

frame_reader::finding frame_reader::refuse(close_code why) {
    why_ = why;
    return finding::broken;
}

}  // namespace td::sim_server
