#include "ari/frames.hpp"

#include "catch.hpp"

using namespace td::ari;

namespace {

std::string frame(unsigned first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(payload.size()));
    } else {
        out.push_back('\x7e');
        out.push_back(static_cast<char>(payload.size() >> 8U));
        out.push_back(static_cast<char>(payload.size() & 0xffU));
    }
    return out.append(payload);
}

/// What a reader makes of `bytes`, given in pieces: "1:text 9:ping", and "!" where it is refused.
std::string read(const std::string& bytes, std::size_t piece, std::size_t limit = 1000) {
    frame_reader reader(limit);
    std::string told;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const bool sound =
            reader.take(std::string_view(bytes).substr(at, piece), [&](opcode kind, std::string_view payload) {
                told += std::to_string(static_cast<int>(kind)) + ":" + std::string(payload) + " ";
            });
        if (!sound) {
            return told + "!";
        }
    }
    return told;
}

std::string read(const std::string& bytes) {
    const std::string whole = read(bytes, bytes.size() + 1);
    for (const std::size_t piece : {1U, 2U, 5U}) {
        CHECK(read(bytes, piece) == whole);
    }
    return whole;
}

}  // namespace

TEST_CASE("frames: messages in any pieces", "[ari]") {
    CHECK(read(frame(0x81, "one") + frame(0x81, "") + frame(0x89, "p") + frame(0x81, std::string(200, 'x'))) ==
          "1:one 1: 9:p 1:" + std::string(200, 'x') + " ");
}

TEST_CASE("frames: fragments are put together, with a ping between them", "[ari]") {
    CHECK(read(frame(0x01, "a") + frame(0x89, "") + frame(0x00, "b") + frame(0x80, "c") + frame(0x81, "d")) ==
          "9: 1:abc 1:d ");
}

TEST_CASE("frames: a broken protocol is refused", "[ari]") {
    CHECK(read(frame(0xc1, "x")) == "!");  // an extension nobody agreed to
    CHECK(read(frame(0x83, "x")) == "!");  // a reserved opcode
    CHECK(read(frame(0x8b, "x")) == "!");
    CHECK(read(frame(0x80, "x")) == "!");                     // the end of nothing
    CHECK(read(frame(0x01, "x") + frame(0x81, "y")) == "!");  // a beginning before the end
    CHECK(read(frame(0x09, "x")) == "!");                     // half a ping
    CHECK(read(frame(0x89, std::string(126, 'x'))) == "!");   // a ping that is too long
    CHECK(read(std::string("\x81\x81mask", 6)) == "!");       // a server does not mask
}

TEST_CASE("frames: a message beyond the limit is refused before it is there", "[ari]") {
    CHECK(read(std::string("\x81\x7e\x03\xe9", 4), 1) == "!");
    CHECK(read(std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10), 1) == "!");
    CHECK(read(frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(600, 'x')), 5000) == "!");
}

TEST_CASE("frames: ours are masked and have the shortest length", "[ari]") {
    std::string out;
    append_frame(out, opcode::text, "Hello", 0x37fa213dU);  // RFC 6455 section 5.7
    CHECK(out == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    out.clear();
    append_frame(out, opcode::text, std::string(126, 'x'), 0);
    CHECK(out.substr(0, 4) == std::string("\x81\xfe\x00\x7e", 4));
    out.clear();
    append_frame(out, opcode::text, std::string(65536, 'x'), 0);
    CHECK(out.substr(0, 10) == std::string("\x81\xff\0\0\0\0\0\x01\0\0", 10));
}

TEST_CASE("frames: the handshake of RFC 6455 section 1.3", "[ari]") {
    const std::string nonce = "dGhlIHNhbXBsZSBub25jZQ==";
    CHECK(expected_accept(nonce) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const std::string good =
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nSec-WebSocket-Accept:  "
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    CHECK(handshake_status(good, nonce) == 101);
    CHECK(handshake_status(good, "another") == 0);
    CHECK(handshake_status("HTTP/1.1 101 Switching Protocols\r\n", nonce) == 0);
    CHECK(handshake_status("HTTP/1.1 401 Unauthorized\r\n", nonce) == 401);
    CHECK(handshake_status("SSH-2.0-OpenSSH\r\n", nonce) == 0);
    CHECK(handshake("/ari/events?app=td", "Host: h\r\n", nonce)
              .starts_with("GET /ari/events?app=td HTTP/1.1\r\nHost: h\r\n"));
}
