#include "runtime/metrics.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "catch.hpp"

namespace td::runtime {
namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("metrics: everything in the table is scraped with its help and type, and nothing else", "[runtime]") {
    metrics all({"0.1.0", "gcc", "w1"});
    all.show_redis("panels", true);
    all.show_numbers("7ac1e55c-91f9-4df5-9e9b-6e9a2d20c5d4", "free", 20);
    const std::string text = all.scrape();
    std::set<std::string_view> names;
    for (const metric_word& each : metric_words()) {
        INFO(each.name);
        CHECK(names.insert(each.name).second);
        CHECK(has_line(text, "# HELP " + std::string(each.name) + ' ' + std::string(each.help)));
        CHECK(has_line(text, "# TYPE " + std::string(each.name) + ' ' + std::string(each.type)));
        CHECK((each.type == "counter") == each.name.ends_with("_total"));
        CHECK((each.name.starts_with("tdctl_") || each.name.starts_with("process_")));
        CHECK(each.help.ends_with('.'));
    }
    std::size_t families = 0;
    for (auto place = text.find("# TYPE "); place != std::string::npos; place = text.find("# TYPE ", place + 1)) {
        ++families;
    }
    CHECK(families == metric_words().size());
}

TEST_CASE("metrics: the man page lists them all, with the same words", "[runtime]") {
    std::ifstream in(TDCTL_SOURCE_DIR "/man/tdctl-serve-ari.1");
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    for (const metric_word& each : metric_words()) {
        INFO(each.name);
        const std::string labels = each.labels.empty() ? "" : " {" + std::string(each.labels) + "}";
        CHECK(page.find(".It Va " + std::string(each.name) + labels + "\n" + std::string(each.help)) !=
              std::string::npos);
    }
}

TEST_CASE("metrics: what is counted is what is scraped", "[runtime]") {
    metrics all({"0.1.0", "gcc", "w1"});
    all.call_began(call_kind::door);
    all.call_ended(call_kind::door, call::outcome::missed);
    all.count(counter::ari_events, 3);
    all.reach(counter::journal_dropped_lines, 7);
    all.reach(counter::journal_dropped_lines, 5);
    all.show(gauge::calls_active, 2);
    all.took(timing::answer_to_bridge, 2ms);
    all.show_redis("panels", true);
    all.show_numbers("7ac1e55c-91f9-4df5-9e9b-6e9a2d20c5d4", "free", 20);
    all.show_redis("callback_map", true);
    all.show_redis("panels", false);
    int scrapes = 0;
    all.before_scrape([&](metrics& self) { self.show(gauge::spool_bytes, ++scrapes); });
    const std::string text = all.scrape();
    CHECK(has_line(text, R"(tdctl_calls_started_total{kind="door"} 1)"));
    CHECK(has_line(text, R"(tdctl_calls_finished_total{kind="door",outcome="missed"} 1)"));
    CHECK(has_line(text, R"(tdctl_calls_finished_total{kind="door",outcome="answered"} 0)"));
    CHECK(has_line(text, R"(tdctl_redis_up{section="callback_map"} 1)"));
    CHECK(has_line(text, R"(tdctl_redis_up{section="panels"} 0)"));
    CHECK(has_line(text, "tdctl_ari_events_total 3"));
    CHECK(has_line(text, "tdctl_journal_dropped_lines_total 7"));
    CHECK(has_line(text, "tdctl_calls_active 2"));
    CHECK(has_line(text, "tdctl_spool_bytes 1"));
    CHECK(has_line(text, R"(tdctl_answer_to_bridge_seconds_bucket{le="0.001"} 0)"));
    CHECK(has_line(text, R"(tdctl_answer_to_bridge_seconds_bucket{le="0.0025"} 1)"));
    CHECK(text.find("tdctl_build_info{") != std::string::npos);
    CHECK(text.find("process_resident_memory_bytes 0") == std::string::npos);
}

}  // namespace
}  // namespace td::runtime
