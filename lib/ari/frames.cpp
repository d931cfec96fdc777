#include "ari/frames.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "ari/encoding.hpp"

namespace td::ari {
namespace {

constexpr std::size_t control_limit = 125;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = (number << 8U) | static_cast<unsigned char>(byte);
    }
    return number;
}

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
    for (unsigned shift = bytes * 8; shift > 0; shift -= 8) {
        out.push_back(static_cast<char>((number >> (shift - 8U)) & 0xffU));
    }
}

bool is_control(opcode kind) {
    return static_cast<unsigned>(kind) >= 8;
}

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::size_t i = 0; a.size() == b.size() && i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return a.size() == b.size();
}

/// The value of a header field, the first of that name; empty when there is none.
std::string_view field_of(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && same_word(line.substr(0, colon), name)) {
            const std::size_t first = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
            const std::size_t last = line.find_last_not_of(" \t");
            return first <= last ? line.substr(first, last - first + 1) : std::string_view();
        }
        head.remove_prefix(std::min(end + 2, head.size()));
    }
    return {};
}

}  // namespace

void append_frame(std::string& out, opcode kind, std::string_view payload, std::uint32_t mask) {
    constexpr unsigned final_bit = 0x80;
    constexpr unsigned mask_bit = 0x80;
    out.push_back(static_cast<char>(final_bit | static_cast<unsigned>(kind)));
    if (payload.size() <= control_limit) {
        out.push_back(static_cast<char>(mask_bit | payload.size()));
    } else if (payload.size() <= 0xffff) {
        out.push_back(static_cast<char>(mask_bit | 126U));
        append_big_endian(out, payload.size(), 2);
    } else {
        out.push_back(static_cast<char>(mask_bit | 127U));
        append_big_endian(out, payload.size(), 8);
    }
    append_big_endian(out, mask, 4);
    const std::array<unsigned char, 4> key = {
        static_cast<unsigned char>(mask >> 24U), static_cast<unsigned char>((mask >> 16U) & 0xffU),
        static_cast<unsigned char>((mask >> 8U) & 0xffU), static_cast<unsigned char>(mask & 0xffU)};
    const std::size_t start = out.size();
    out.append(payload);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out[start + i] = static_cast<char>(static_cast<unsigned char>(out[start + i]) ^ key[i % 4]);
    }
}

bool frame_reader::take(std::string_view bytes, const taker& take_one) {
    const bool had_rest = !rest_.empty();
    if (had_rest) {
        rest_.append(bytes);
    }
    // Taken out of the object so that a taker that ends this reader's line cannot pull the bytes away under us.
    std::string held = std::move(rest_);
    rest_.clear();
    std::string_view left = had_rest ? std::string_view(held) : bytes;
    while (!left.empty()) {
        frame one;
        if (!read(left, one)) {
            return false;
        }
        if (one.length == 0) {
            break;
        }
        left.remove_prefix(one.length);
        if (!accept(one, take_one)) {
            return false;
        }
    }
    if (had_rest && left.size() == held.size()) {
        rest_ = std::move(held);
    } else {
        rest_.assign(left);
    }
    return true;
}

bool frame_reader::read(std::string_view bytes, frame& out) const {
    if (bytes.size() < 2) {
        return true;
    }
    const auto first = static_cast<unsigned char>(bytes[0]);
    const auto second = static_cast<unsigned char>(bytes[1]);
    const unsigned code = first & 0x0fU;
    const bool reserved = (first & 0x70U) != 0 || (code > 2 && code < 8) || code > 10;
    if (reserved || (second & 0x80U) != 0) {
        return false;  // an extension nobody agreed to, or a server that masks
    }
    out.kind = static_cast<opcode>(code);
    out.final = (first & 0x80U) != 0;
    std::size_t head = 2;
    std::uint64_t size = second & 0x7fU;
    if (is_control(out.kind) && (size > control_limit || !out.final)) {
        return false;
    }
    if (size > control_limit) {
        const std::size_t wide = size == 126 ? 2 : 8;
        if (bytes.size() < head + wide) {
            return true;
        }
        size = big_endian(bytes.substr(head, wide));
        head += wide;
    }
    if (size > message_limit_ || message_.size() + size > message_limit_) {
        return false;
    }
    if (bytes.size() - head < size) {
        return true;
    }
    out.payload = bytes.substr(head, size);
    out.length = head + size;
    return true;
}

bool frame_reader::accept(const frame& one, const taker& take_one) {
    if (is_control(one.kind)) {
        take_one(one.kind, one.payload);
        return true;
    }
    const bool goes_on = message_kind_ != opcode::more;
    if (goes_on != (one.kind == opcode::more)) {
        return false;  // a fragment without a beginning, or a beginning before the end
    }
    if (!goes_on && one.final) {
        take_one(one.kind, one.payload);
        return true;
    }
    if (!goes_on) {
        message_kind_ = one.kind;
    }
    message_.append(one.payload);
    if (one.final) {
        const std::string whole = std::exchange(message_, {});
        take_one(std::exchange(message_kind_, opcode::more), whole);
    }
    return true;
}

std::string handshake(std::string_view target, std::string_view fixed, std::string_view nonce) {
    std::string text = "GET ";
    text.append(target).append(" HTTP/1.1\r\n").append(fixed);
    text.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
    text.append(nonce).append("\r\n\r\n");
    return text;
}

std::string expected_accept(std::string_view nonce) {
    return base64(sha1(std::string(nonce).append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}

int handshake_status(std::string_view head, std::string_view nonce) {
    int status = 0;
    if (head.size() < 12 || head.substr(0, 7) != "HTTP/1." || head[8] != ' ') {
        return 0;
    }
    const auto [end, error] = std::from_chars(head.data() + 9, head.data() + 12, status);
    if (error != std::errc{} || end != head.data() + 12) {
        return 0;
    }
    const bool accepted = same_word(field_of(head, "Upgrade"), "websocket") &&
                          field_of(head, "Sec-WebSocket-Accept") == expected_accept(nonce);
    return status == 101 && !accepted ? 0 : status;
}

}  // namespace td::ari
