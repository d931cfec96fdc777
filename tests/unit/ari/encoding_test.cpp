#include "ari/encoding.hpp"

#include "catch.hpp"

using namespace td;
using namespace td::ari;

namespace {

std::string encoded(std::string_view text) {
    std::string out;
    append_encoded(out, text);
    return out;
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        out.push_back("0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U]);
        out.push_back("0123456789abcdef"[static_cast<unsigned char>(byte) & 15U]);
    }
    return out;
}

}  // namespace

TEST_CASE("encoding: everything but the unreserved characters is encoded", "[ari]") {
    CHECK(encoded("aZ09-._~") == "aZ09-._~");
    CHECK(encoded("+7 900&x=1#?/%\r\n\"") == "%2B7%20900%26x%3D1%23%3F%2F%25%0D%0A%22");
    CHECK(encoded("кв") == "%D0%BA%D0%B2");
    CHECK(encoded(std::string("\0\xff", 2)) == "%00%FF");
}

TEST_CASE("encoding: base 64 as in RFC 4648 section 10", "[ari]") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("encoding: SHA-1 as in FIPS 180, over the borders of a block", "[ari]") {
    CHECK(hex_of(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex_of(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_of(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex_of(sha1(std::string(1000, 'a'))) == "291e9a6c66994949b57ba5e650361e98fc36b1ba");
}

TEST_CASE("encoding: the URL of Asterisk", "[ari]") {
    CHECK(*parse_endpoint("http://127.0.0.1:8088") == endpoint{"127.0.0.1", 8088, ""});
    CHECK(*parse_endpoint("http://pbx.example") == endpoint{"pbx.example", 8088, ""});
    CHECK(*parse_endpoint("http://pbx:80/asterisk/") == endpoint{"pbx", 80, "/asterisk"});
    CHECK(*parse_endpoint("http://[::1]:8089") == endpoint{"::1", 8089, ""});
    CHECK(*parse_endpoint("http://[::1]") == endpoint{"::1", 8088, ""});
    for (const char* bad :
         {"", "127.0.0.1:8088", "https://pbx", "ws://pbx", "http://", "http://:80", "http://h:0", "http://h:70000",
          "http://h:8x", "http://::1", "http://h/?a", "http://h\r\nX: y", "http://h h"}) {
        CAPTURE(bad);
        REQUIRE_FALSE(parse_endpoint(bad).ok());
        CHECK(parse_endpoint(bad).why().kind == failure_kind::bad_input);
    }
}

TEST_CASE("encoding: a URL with a password in it is refused without showing it", "[ari]") {
    const auto read = parse_endpoint("http://user:sesame@pbx:8088");
    REQUIRE_FALSE(read.ok());
    CHECK(read.why().text.find("sesame") == std::string::npos);
}

TEST_CASE("encoding: what may stand in a dial string", "[ari]") {
    CHECK(dialable("79001112233"));
    CHECK(dialable("+7-900.a_B"));
    CHECK(dialable(std::string(64, '1')));
    for (const char* bad : {"", "a@b", "a/b", "a,b", "a&b", "a b", "a;b", "a)b", "${x}", "кв", "a\n"}) {
        CHECK_FALSE(dialable(bad));
    }
    CHECK_FALSE(dialable(std::string(65, '1')));
    CHECK_FALSE(dialable(std::string_view("a\0b", 3)));
}

TEST_CASE("encoding: what can be printed", "[ari]") {
    CHECK(printable("5001 кв. 12 日本 😀"));
    for (const char* bad : {"\x01", "\x7f", "\xc2\x85", "\xe2\x80\xae", "\xef\xbb\xbf", "\xff", "\xc0\x80",
                            "\xed\xa0\x80", "\xe2\x80", "\xf4\x90\x80\x80"}) {
        CHECK_FALSE(printable(bad));
    }
}
