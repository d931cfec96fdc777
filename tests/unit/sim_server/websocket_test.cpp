// The server's side of RFC 6455, with the vectors of the RFC and with clients that break it.

#include "sim_server/websocket.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using namespace td::sim_server;
using finding = frame_reader::finding;

/// A client's frame: masked, as it has to be.
std::string masked(unsigned first_byte, std::string_view payload) {
    constexpr std::string_view mask = "\x37\xfa\x21\x3d";
    std::string frame(1, static_cast<char>(first_byte));
    if (payload.size() < 126) {
        frame.push_back(static_cast<char>(0x80U | payload.size()));
    } else {
        frame.push_back(static_cast<char>(0x80U | 126U));
        frame.push_back(static_cast<char>(payload.size() >> 8U));
        frame.push_back(static_cast<char>(payload.size() & 0xffU));
    }
    frame.append(mask);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
    }
    return frame;
}

constexpr unsigned text_frame = 0x81;
constexpr unsigned first_fragment = 0x01;
constexpr unsigned middle_fragment = 0x00;
constexpr unsigned last_fragment = 0x80;

close_code complaint_about(const std::string& bytes) {
    frame_reader reader(1000);
    reader.feed(bytes);
    REQUIRE(reader.next() == finding::broken);
    CHECK(reader.next() == finding::broken);
    return reader.why();
}

TEST_CASE("websocket: the key of the RFC's example gets the RFC's accept", "[sim_server]") {
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("websocket: the RFC's masked Hello is read", "[sim_server]") {
    frame_reader reader(1000);
    reader.feed(std::string_view("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));
    CHECK(reader.next() == finding::text);
    CHECK(reader.payload() == "Hello");
    CHECK(reader.next() == finding::more);
}

TEST_CASE("websocket: a message is found wherever its bytes are cut", "[sim_server]") {
    const std::string long_text(700, 'x');
    const std::string bytes = masked(text_frame, "one") + masked(first_fragment, "t") + masked(0x89, "beat") +
                              masked(middle_fragment, "w") + masked(last_fragment, "o") + masked(text_frame, long_text);
    for (std::size_t piece = 1; piece < 20; ++piece) {
        frame_reader reader(1000);
        std::vector<std::string> found;
        for (std::size_t from = 0; from < bytes.size(); from += piece) {
            reader.feed(std::string_view(bytes).substr(from, piece));
            for (finding next = reader.next(); next != finding::more; next = reader.next()) {
                REQUIRE(next != finding::broken);
                found.push_back((next == finding::ping ? "ping:" : "") + reader.payload());
            }
        }
        // A ping may stand between the fragments of a message.
        CHECK(found == std::vector<std::string>{"one", "ping:beat", "two", long_text});
    }
}

TEST_CASE("websocket: what is not allowed closes with the right code", "[sim_server]") {
    CHECK(complaint_about(std::string("\x81\x05Hello", 7)) == close_code::protocol_error);  // not masked
    CHECK(complaint_about(masked(0xC1, "x")) == close_code::protocol_error);                // a reserved bit
    CHECK(complaint_about(masked(0x83, "x")) == close_code::protocol_error);                // an unknown kind
    CHECK(complaint_about(masked(0x8B, "x")) == close_code::protocol_error);                // an unknown control kind
    CHECK(complaint_about(masked(last_fragment, "x")) == close_code::protocol_error);       // goes on with nothing
    CHECK(complaint_about(masked(0x09, "x")) == close_code::protocol_error);                // a ping in fragments
    CHECK(complaint_about(masked(0x89, std::string(126, 'x'))) == close_code::protocol_error);
    CHECK(complaint_about(masked(0x88, "x")) == close_code::protocol_error);  // half a close code
    CHECK(complaint_about(masked(0x88, std::string("\x03\xed", 2))) == close_code::protocol_error);  // 1005 is reserved
    CHECK(complaint_about(masked(text_frame, "\xff\xfe")) == close_code::invalid_text);
    CHECK(complaint_about(masked(text_frame, std::string(1001, 'x'))) == close_code::too_big);
    CHECK(complaint_about(std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14)) == close_code::too_big);
}

TEST_CASE("websocket: fragments together may not pass the limit either", "[sim_server]") {
    frame_reader reader(1000);
    reader.feed(masked(first_fragment, std::string(600, 'x')));
    CHECK(reader.next() == finding::more);
    reader.feed(masked(last_fragment, std::string(600, 'x')));
    CHECK(reader.next() == finding::broken);
    CHECK(reader.why() == close_code::too_big);
}

TEST_CASE("websocket: ten thousand empty fragments are one message", "[sim_server]") {
    std::string bytes = masked(first_fragment, "");
    for (int i = 0; i < 10000; ++i) {
        bytes += masked(middle_fragment, "");
    }
    frame_reader reader(1000);
    reader.feed(bytes + masked(last_fragment, "x"));
    CHECK(reader.next() == finding::text);
    CHECK(reader.payload() == "x");
}

TEST_CASE("websocket: frames go out with the shortest length", "[sim_server]") {
    std::string out;
    append_frame(out, frame_kind::text, "Hello");
    CHECK(out == std::string("\x81\x05Hello"));
    out.clear();
    append_frame(out, frame_kind::text, std::string(126, 'x'));
    CHECK(out.substr(0, 4) == std::string("\x81\x7e\x00\x7e", 4));
    out.clear();
    append_frame(out, frame_kind::text, std::string(65536, 'x'));
    CHECK(out.substr(0, 10) == std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
    out.clear();
    append_close(out, close_code::going_away);
    CHECK(out == std::string("\x88\x02\x03\xe9", 4));
}

}  // namespace
