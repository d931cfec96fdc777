#include "crm/directory.hpp"

#include <string>

#include "base/overloaded.hpp"
#include "catch.hpp"

using namespace td;
using namespace td::crm;

namespace {

/// A directory, a clock and words: facts are "1 found a live 0ms", questions "?5001/12".
class script {
public:
    explicit script(directory_rules rules = {}) : book(rules) {}

    std::string find(unsigned number, const std::string& flat = "12") {
        return told(book.find({call_id::of(number, 0, 0), panel_id{"5001"}, flat_id{flat}}, now));
    }
    std::string find_site(unsigned number) {
        return told(book.find_site({call_id::of(number, 0, 0), panel_id{"5001"}}, now));
    }
    std::string flat_says(result<knowledge> what, const std::string& flat = "12") {
        return told(book.answered({panel_id{"5001"}, flat_id{flat}}, std::move(what), now));
    }
    std::string panel_says(result<knowledge> what) {
        return told(book.answered({panel_id{"5001"}, {}}, std::move(what), now));
    }

    directory book;
    instant now{1'000'000s};

private:
    static std::string told(const directory::turn& turn) {
        std::string text;
        for (const call::fact& each : turn.facts) {
            text += (text.empty() ? "" : "; ") + told(each);
        }
        for (const question& each : turn.ask) {
            text += (text.empty() ? "?" : "; ?") + each.panel.text() + "/" + each.flat.text();
        }
        return text;
    }
    static std::string who(const call_id& call) { return std::to_string(call.made_at_milliseconds()) + " "; }
    static std::string told(const call::fact& what) {
        if (const auto* found = std::get_if<call::accounts_found>(&what)) {
            std::string text = who(found->call) + "found";
            for (const call::account& each : found->flat.accounts) {
                text += " " + each.name.text();
            }
            return text + " " + std::string(name_of(found->source)) + " " + std::to_string(found->took_ms) + "ms";
        }
        if (const auto* unknown = std::get_if<call::flat_unknown>(&what)) {
            return who(unknown->call) + "unknown " + std::string(name_of(unknown->source));
        }
        if (const auto* failed = std::get_if<call::crm_failed>(&what)) {
            return who(failed->call) + "failed " + failed->reason + " " + std::to_string(failed->took_ms) + "ms";
        }
        if (const auto* site = std::get_if<call::site_found>(&what)) {
            return who(site->call) + "site '" + site->site.address + "' " + site->site.city.text() + " " +
                   std::string(name_of(site->source)) + " " + std::to_string(site->took_ms) + "ms";
        }
        if (const auto* missing = std::get_if<call::site_missing>(&what)) {
            return who(missing->call) + "no site: " + missing->reason + " " + std::to_string(missing->took_ms) + "ms";
        }
        const auto& described = std::get<call::panel_described>(what);
        return who(described.call) + "title '" + described.title + "'";
    }
};

knowledge flat_of(const std::string& account) {
    return call::flat_record{false, false, {{account_id{account}, {}}}};
}
knowledge panel_of(const std::string& name) {
    panel_record panel;
    panel.name = name;
    return panel;
}
failure why(const std::string& reason) {
    return {failure_kind::unreachable, reason};
}

}  // namespace

TEST_CASE("directory: flat and panel are asked for at the same time and answered once each", "[crm]") {
    script s;
    CHECK(s.find(1) == "?5001/; ?5001/12");
    s.now += 30ms;
    CHECK(s.flat_says(flat_of("a")) == "1 found a live 30ms");
    CHECK(s.panel_says(panel_of("Lenina 1")) == "1 title 'Lenina 1'");
    CHECK(s.flat_says(flat_of("a")).empty());  // nobody waits any more
}

TEST_CASE("directory: a fresh answer is not asked for again, an older one is", "[crm]") {
    script s;
    s.find(1);
    s.flat_says(flat_of("a"));
    s.panel_says(panel_of("L"));
    s.now += 9min + 59s;
    CHECK(s.find(2) == "2 title 'L'; 2 found a fresh 0ms");
    s.now += 1s;
    CHECK(s.find(3) == "?5001/; ?5001/12");
}

TEST_CASE("directory: calls that ask for the same flat at once share one question", "[crm]") {
    script s;
    CHECK(s.find(1) == "?5001/; ?5001/12");
    s.now += 100ms;
    CHECK(s.find(2).empty());
    CHECK(s.find(3, "13") == "?5001/13");
    s.now += 50ms;
    CHECK(s.flat_says(flat_of("a")) == "1 found a live 150ms; 2 found a live 50ms");
    CHECK(s.panel_says(why("timeout")) == "1 title ''; 2 title ''; 3 title ''");
    CHECK(s.book.counters().shared == 3);
}

TEST_CASE("directory: a failure is covered by the last good answer while that is younger than stale", "[crm]") {
    script s;
    s.find(1);
    s.flat_says(flat_of("a"));
    s.panel_says(panel_of("L"));
    s.now += std::chrono::days{7} - 1s;
    CHECK(s.find(2) == "?5001/; ?5001/12");
    CHECK(s.flat_says(why("status_500")) == "2 found a stale 0ms");
    CHECK(s.panel_says(why("timeout")) == "2 title 'L'");
    CHECK(s.book.panel(panel_id{"5001"}, s.now));
    s.now += 1s;
    s.find(3);
    s.now += 800ms;
    CHECK(s.flat_says(why("timeout")) == "3 failed timeout 800ms");
    CHECK(s.panel_says(why("timeout")) == "3 title ''");
    CHECK_FALSE(s.book.panel(panel_id{"5001"}, s.now));
}

TEST_CASE("directory: no such flat is an answer, believed for 30 s, and takes the old answer's place", "[crm]") {
    script s;
    s.find(1);
    s.flat_says(flat_of("a"));
    s.panel_says(knowledge{nobody{}});
    s.now += 10min;
    s.find(2);
    CHECK(s.flat_says(knowledge{nobody{}}) == "2 unknown live");
    CHECK(s.panel_says(knowledge{nobody{}}) == "2 title ''");
    s.now += 29s;
    CHECK(s.find(3) == "3 title ''; 3 unknown fresh");
    s.now += 1s;
    CHECK(s.find(4) == "?5001/; ?5001/12");
    CHECK(s.flat_says(why("refused")) == "4 failed refused 0ms");
}

TEST_CASE("directory: an answer remembered from the future is never fresh, but better than none", "[crm]") {
    script s;
    s.book.remember({panel_id{"5001"}, flat_id{"12"}}, {flat_of("a"), s.now + 1h});
    CHECK(s.find(1) == "?5001/; ?5001/12");
    CHECK(s.flat_says(why("timeout")) == "1 found a stale 0ms");
}

TEST_CASE("directory: the memory is bounded, and what was used longest ago goes", "[crm]") {
    directory_rules rules;
    rules.entries = 2;
    script s(rules);
    s.book.remember({panel_id{"5001"}, {}}, {panel_of("L"), s.now});
    s.book.remember({panel_id{"5001"}, flat_id{"1"}}, {flat_of("a"), s.now});
    CHECK(s.find(1, "1") == "1 title 'L'; 1 found a fresh 0ms");
    CHECK(s.find(2, "2") == "2 title 'L'; ?5001/2");
    s.flat_says(flat_of("b"), "2");
    CHECK(s.book.remembered_count() == 2);
    CHECK(s.find(3, "1") == "3 title 'L'; ?5001/1");
}

TEST_CASE("directory: a name without a letter asks nothing and is still answered", "[crm]") {
    script s;
    CHECK(s.find(1, "") == "1 title ''; 1 failed empty_name 0ms");
}

TEST_CASE("directory: a site is told at once as it is remembered, and then as the CRM says", "[crm]") {
    script s;
    panel_record panel;
    panel.address = "Lenina 1";
    panel.where.fias = "A376E68D-724A-4472-BE7C-891BDB09AE32";
    const std::string lenina = "site 'Lenina 1' a376e68d-724a-4472-be7c-891bdb09ae32 ";
    CHECK(s.find_site(1) == "?5001/");
    CHECK(s.find_site(2).empty());  // the same question is under way
    s.now += 20ms;
    CHECK(s.panel_says(knowledge{panel}) == "1 " + lenina + "live 20ms; 2 " + lenina + "live 20ms");
    CHECK(s.find_site(3) == "3 " + lenina + "fresh 0ms");
    s.now += 24h;
    CHECK(s.find_site(4) == "4 " + lenina + "stale 0ms; ?5001/");
    CHECK(s.panel_says(why("timeout")) == "4 no site: timeout 0ms");
    s.now += 24h * 7;
    CHECK(s.find_site(5) == "?5001/");
    CHECK(s.panel_says(why("timeout")) == "5 no site: timeout 0ms");
}

TEST_CASE("directory: a site that the CRM does not know, and a city code that is none", "[crm]") {
    script s;
    CHECK(s.find_site(1) == "?5001/");
    CHECK(s.panel_says(knowledge{nobody{}}) == "1 no site: not_found 0ms");
    CHECK(s.find_site(2) == "2 no site: not_found 0ms");  // just now
    s.now += 1min;
    CHECK(s.find_site(3) == "?5001/");
    panel_record panel;
    panel.address = "Mira 2";
    panel.where.fias = "74";
    CHECK(s.panel_says(knowledge{panel}) == "3 site 'Mira 2'  live 0ms");
}

TEST_CASE("directory: a door call and an emergency call share one question about the panel", "[crm]") {
    script s;
    CHECK(s.find(1) == "?5001/; ?5001/12");
    CHECK(s.find_site(2).empty());
    CHECK(s.panel_says(panel_of("Lenina 1")) == "1 title 'Lenina 1'; 2 site ''  live 0ms");
}
