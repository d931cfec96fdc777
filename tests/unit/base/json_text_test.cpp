#include "base/json_text.hpp"

#include "base/random.hpp"
#include "catch.hpp"

namespace td {
namespace {

std::string kept(std::string_view text) {
    std::string out;
    append_json_text(out, text, broken_utf8::kept);
    return out;
}

std::string replaced(std::string_view text) {
    std::string out;
    append_json_text(out, text, broken_utf8::replaced);
    return out;
}

TEST_CASE("json text: plain words stand as they are", "[base]") {
    CHECK(kept("PJSIP/5001-00000a") == R"("PJSIP/5001-00000a")");
    CHECK(kept("") == R"("")");
    CHECK(kept("Ленина 1") == "\"Ленина 1\"");
    CHECK(kept("\xF0\x9F\x9A\xAA") == "\"\xF0\x9F\x9A\xAA\"");
}

TEST_CASE("json text: quotes, controls, DEL and C1 are escaped", "[base]") {
    CHECK(kept("a\"b\\c") == R"("a\"b\\c")");
    CHECK(kept("a\nb\r\tc") == R"("a\nb\r\tc")");
    CHECK(kept(std::string_view("\0\x1b[2J\x7f", 6)) == R"("\u0000\u001b[2J\u007f")");
    CHECK(kept("\xC2\x9B") == R"("\u009b")");
}

TEST_CASE("json text: bytes that are not UTF-8 are replaced for others and kept for ourselves", "[base]") {
    CHECK(replaced("a\xFF") == R"("a\ufffd")");
    CHECK(kept("a\xFF") == R"("a\uefff")");
    CHECK(kept("\xC0\x80") == R"("\uefc0\uef80")");            // overlong
    CHECK(kept("\xED\xA0\x80") == R"("\uefed\uefa0\uef80")");  // a surrogate
    CHECK(kept("\xE2\x82") == R"("\uefe2\uef82")");            // cut short
    CHECK(kept("\xF4\x90\x80\x80") == R"("\ueff4\uef90\uef80\uef80")");
    CHECK(kept("\xEE\xBE\x80") == R"("\uefee\uefbe\uef80")");  // a genuine U+EF80
}

TEST_CASE("json text: kept bytes come back", "[base]") {
    CHECK(with_kept_bytes("plain") == "plain");
    CHECK(with_kept_bytes("a\xEE\xBF\xBF") == "a\xFF");
    CHECK(with_kept_bytes("\xEE\xBE\x80") == "\x80");
    CHECK(with_kept_bytes("\xEE\x80\x80") == "\xEE\x80\x80");  // U+E000 is nobody's byte
    CHECK(with_kept_bytes("\xEE") == "\xEE");
}

TEST_CASE("json text: the length of a character", "[base]") {
    CHECK(utf8_length("") == 0);
    CHECK(utf8_length("a") == 1);
    CHECK(utf8_length("\xD0\x9B") == 2);
    CHECK(utf8_length("\x80") == 0);
    CHECK(utf8_length("\xD0") == 0);
    CHECK(utf8_length("\xF5\x80\x80\x80") == 0);
}

}  // namespace
}  // namespace td
