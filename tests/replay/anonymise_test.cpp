// Journals in which every personal datum has a stand-in: nothing of the data is left, and the machines serve the calls
// alike.

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "catch.hpp"
#include "replay/anonymiser.hpp"
#include "world_journals.hpp"

namespace td::test {
namespace {

const replay::stand_in_maker::key one_key{7, 8};

strings disguised(const strings& lines, replay::stand_in_maker::key with = one_key) {
    replay::anonymiser names(with);
    strings shown;
    for (const std::string& line : lines) {
        std::string text = names.line(line).value();
        text.pop_back();
        shown.push_back(std::move(text));
    }
    return shown;
}

using data = std::map<std::string, std::set<std::string>>;

/// The texts of a line by the names of their fields; those of a list by that of the list.
void collect(const std::string& line, data& into) {
    std::string field;
    for (std::size_t at = line.find('"'); at != std::string::npos; at = line.find('"', at)) {
        const auto end = line.find('"', at + 1);
        const std::string text = line.substr(at + 1, end - at - 1);
        at = end + 1;
        if (line[at] == ':') {
            field = text;
        } else if (!text.empty()) {
            into[field].insert(text);
        }
    }
}

data data_in(const strings& lines) {
    data all;
    for (const std::string& line : lines) {
        collect(line, all);
    }
    return all;
}

const std::array<std::string_view, 21> personal{
    "panel",   "flat",     "account",       "device",    "asked",  "channel",  "title",
    "address", "entrance", "city",          "city_name", "number", "caller",   "answered_by",
    "route",   "target",   "shared_number", "desk",      "node",   "rejected", "second_route"};

}  // namespace

TEST_CASE("replay: a disguised journal holds no datum of the original, and is served alike", "[replay]") {
    const auto [first, last] = seeds_wanted(100);
    std::set<std::string> met;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            for (const std::string& text : journals) {
                const strings lines = lines_of(text);
                const strings shown = disguised(lines);
                const found all = check(shown, rules_of(shown.front()));
                INFO(name_of_seed(seed) << " " << all.heard.words << all.heard.damage);
                REQUIRE(all.counts.different == 0);
                REQUIRE(all.heard.damage.empty());
                REQUIRE(shown.size() == lines.size());
                const data before = data_in(lines);
                const data behind = data_in(shown);
                for (const auto& [field, texts] : behind) {
                    if (std::ranges::find(personal, field) == personal.end()) {
                        continue;
                    }
                    met.insert(field);
                    CHECK(texts.size() == before.at(field).size());
                    for (const std::string& each : texts) {
                        REQUIRE((each.starts_with("td.") || !before.at(field).contains(each)));
                    }
                }
                for (const std::string_view field : {"account", "device", "channel", "title", "address", "caller"}) {
                    for (const std::string& each : before.contains(std::string(field)) ? before.at(std::string(field))
                                                                                       : std::set<std::string>()) {
                        const auto holds = [&](const std::string& line) {
                            return line.find('"' + each + '"') != line.npos;
                        };
                        REQUIRE((each.starts_with("td.") || std::ranges::none_of(shown, holds)));
                    }
                }
            }
        }
    }
    for (const std::string_view field :
         {"panel", "flat", "account", "device", "asked", "channel", "title", "address", "number"}) {
        INFO(field);
        CHECK(met.contains(std::string(field)));
    }
}

TEST_CASE("replay: the same datum has the same stand-in with the same key only", "[replay]") {
    const replay::stand_in_maker one(one_key);
    const replay::stand_in_maker other({7, 9});
    CHECK(one.text("79001112233") == replay::stand_in_maker(one_key).text("79001112233"));
    CHECK(one.text("79001112233") != one.text("79001112234"));
    CHECK(one.text("79001112233") != other.text("79001112233"));
    CHECK(one.text("").empty());
    CHECK(one.text("+79001112233").starts_with("+9"));
    CHECK(one.text("79001112233").find_first_not_of("0123456789") == std::string::npos);
    CHECK(one.text("Lenina 1").find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    CHECK(replay::stand_in_maker::key_of("a secret").low != replay::stand_in_maker::key_of("a Secret").low);
    CHECK(replay::stand_in_maker::key_of("a secret").low != replay::stand_in_maker::key_of("a secret").high);
}

TEST_CASE("replay: texts from outside are replaced where a note tells them, and our own words stay", "[replay]") {
    call::crm_failed why;
    why.reason = "GET /panels/5001/flats/12: refused";
    call::finish end;
    end.record.note = "crm: " + why.reason;
    call::push_failed push;
    push.reason = "status_503";
    std::string text;
    journal::write(text, instant{}, call::fact{why});
    journal::write(text, instant{}, call::command{end});
    journal::write(text, instant{}, call::fact{push});
    const strings shown = disguised(lines_of(text));
    CHECK(shown[0].find("5001") == std::string::npos);
    CHECK(shown[1].find("\"note\":\"crm: x") != std::string::npos);
    CHECK(shown[1].find("5001") == std::string::npos);
    CHECK(shown[2].find("\"status_503\"") != std::string::npos);
    CHECK_FALSE(replay::anonymiser(one_key).line(R"({"at":)").ok());
}

TEST_CASE("replay: the stand-ins are those of SipHash-2-4's own test vector", "[replay]") {
    // The key 00 01 … 0f and the text 00 01 … 0e of the paper's appendix: a129ca6149be45e5.
    std::string text;
    for (char each = 0; each < 15; ++each) {
        text += each;
    }
    const replay::stand_in_maker names({0x0706050403020100U, 0x0f0e0d0c0b0a0908U});
    std::uint64_t left = 0xa129ca6149be45e5U;
    std::string wanted = "x";
    for (int i = 0; i < 13; ++i, left /= 26) {
        wanted += static_cast<char>('a' + static_cast<char>(left % 26));
    }
    CHECK(names.text(text) == wanted);
}

}  // namespace td::test
