#include "base/toml_guard.hpp"

#include "catch.hpp"

namespace {

/// The line, or 0.
std::size_t line_of(std::string_view toml) {
    const auto danger = td::danger_in_toml(toml);
    return danger ? danger->line : 0;
}

}  // namespace

TEST_CASE("toml guard: letters of any script may stand in quotes and comments", "[base]") {
    for (const char* fine :
         {"", "a = 1", "# Ленина\na = \"Ленина\"", "a = 'Ж' # Ж", "a = \"\"\"\nЖ \"Ж\" \\\" Ж\n\"\"\"\n",
          "a = '''\nЖ'Ж\n'''", "[\"Ж\"]", "a = [\n  \"Ж\",\n  { b = 'Ж' },\n]",
          "\xef\xbb\xbf"
          "a = 1",
          "[a]\n[[b]]\n[ a . b ]\n['c']\n[a.'d'. 'ж']\n[[ 'ж'.b]]",
          "a.'ж'='ж'\nb=['ж',{d='ж'}]\nc={'ж'.d=['ж'],e.'ж'=1}", "a = \"\\\\\" # Ж", "a = \"x # \\\" y\"",
          "a = \"\\\\ж\"", "a = \"\"\"\\\n  x ж\"\"\"", "a = '\\ж'"}) {
        CAPTURE(fine);
        CHECK(line_of(fine) == 0);
    }
}

TEST_CASE("toml guard: outside of them they do not reach the parser", "[base]") {
    for (const char* bad : {"\nname = Ленина",
                            "\nимя = 1",
                            "\n[panels.ж]",
                            "\na = \"x\" ж",
                            "\na = \"open\nж\"",
                            "\n\xff",
                            "\na = '\\' ж'",
                            "# ж\nж",
                            "\xef\xbb\xbf\nж",
                            "\na = 4'{ж'",
                            "\na = [1, 2.'ж']",
                            "\na = 4{'ж'}",
                            "\na = 4='ж'",
                            "\na = [\n1='ж']",
                            "\na = 1 'ж'",
                            "\na = 4[\"ж\"]",
                            "\n[a='ж']",
                            "\na = \"\"\"\\ж\"\"\"",
                            "\na = \"\"\"x\\\n  ж\"\"\"",
                            "\na = \"\\\\\\ж\""}) {
        CAPTURE(bad);
        CHECK(line_of(bad) >= 2);
    }
}
