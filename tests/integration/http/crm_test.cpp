#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "crm/file_crm.hpp"
#include "crm/http_crm.hpp"
#include "tests/support/loop_until.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/scripted_server.hpp"

using namespace td;
using test::exchange;
using test::loop_until;
using test::scripted_server;

namespace {

const instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

/// Facts in words: "found 79001112233 live", "unknown live", "failed timeout", "title Lenina 1".
std::string told(const call::fact& what) {
    if (const auto* found = std::get_if<call::accounts_found>(&what)) {
        std::string text = "found";
        for (const call::account& each : found->flat.accounts) {
            text += " " + each.name.text();
        }
        return text + " " + std::string(name_of(found->source));
    }
    if (const auto* unknown = std::get_if<call::flat_unknown>(&what)) {
        return "unknown " + std::string(name_of(unknown->source));
    }
    if (const auto* failed = std::get_if<call::crm_failed>(&what)) {
        return "failed " + failed->reason;
    }
    return "title " + std::get<call::panel_described>(what).title;
}

/// An HTTP CRM with a clock in the hand of the test.
struct desk {
    explicit desk(const std::string& url, const std::filesystem::path& memory = {}) {
        crm::http_crm_options options;
        options.url = url;
        options.timeout = 5s;
        options.memory = memory;
        role = std::make_unique<crm::http_crm>(
            loop, std::move(options), [this] { return now.load(); },
            [this](const call::fact& what) { facts.push_back(told(what)); });
    }

    /// Asks for the flat of panel 5001 and gives what came: the panel's fact and the flat's, in this order.
    std::string find(const std::string& flat) {
        facts.clear();
        role->find({call_id{}, panel_id{"5001"}, flat_id{flat}});
        CHECK(facts.empty());  // never from within find
        if (!loop_until(loop, [&] { return facts.size() == 2; })) {
            return "nothing";
        }
        const bool title_first = facts[0].starts_with("title");
        return facts[title_first ? 0 : 1] + ", " + facts[title_first ? 1 : 0];
    }

    boost::asio::io_context loop;
    std::atomic<instant> now{noon};
    std::vector<std::string> facts;
    std::unique_ptr<crm::http_crm> role;
};

void script(exchange& e) {
    const std::string& line = e.request.line;
    const auto asked = [&](const char* path) { return line.find(path) != std::string::npos; };
    if (asked("/panels/5001 ")) {
        e.reply(200, R"({"panel":"5001","name":"Lenina 1","lat":55.16,"lon":61.4})");
    } else if (asked("/flats/12/")) {
        e.reply(200, R"({"accounts":[{"account":"79001112233"}]})");
    } else if (asked("/flats/broken/")) {
        e.reply(200, R"({"accounts":[{"account":)");
    } else if (asked("/flats/500/")) {
        e.reply(500, R"({"accounts":[]})");
    } else if (asked("/flats/large/")) {
        e.reply(200, std::string(2U << 20U, ' '));
    } else if (asked("/flats/hang/")) {
        e.hang();
    } else if (asked("/flats/reset/")) {
        e.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc");
        e.reset();
    } else if (asked("/flats/%2E%2E/accounts ")) {
        e.reply(200, R"({"accounts":[{"account":"dots"}]})");
    } else {
        e.reply(404, "");
    }
}

}  // namespace

TEST_CASE("http crm: every kind of answer becomes exactly one fact of the flat and one of the panel", "[crm]") {
    scripted_server server(&script);
    desk d(server.url() + "/");
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 live");
    CHECK(d.find("99") == "title Lenina 1, unknown live");
    CHECK(d.find("broken") == "title Lenina 1, failed broken_json");
    CHECK(d.find("500") == "title Lenina 1, failed status_500");
    CHECK(d.find("large") == "title Lenina 1, failed too_large");
    CHECK(d.find("hang") == "title Lenina 1, failed timeout");
    CHECK(d.find("reset") == "title Lenina 1, failed reset");
    CHECK(d.find("..") == "title Lenina 1, found dots live");
    CHECK(d.role->counters().failed == 5);
    REQUIRE(d.role->panel(panel_id{"5001"}));
    CHECK(d.role->panel(panel_id{"5001"})->place->latitude == 55.16);
}

TEST_CASE("http crm: calls for one flat at the same time are one request", "[crm]") {
    scripted_server server(&script);
    desk d(server.url());
    for (unsigned i = 0; i < 50; ++i) {
        d.role->find({call_id::of(i, 0, 0), panel_id{"5001"}, flat_id{"12"}});
    }
    REQUIRE(loop_until(d.loop, [&] { return d.facts.size() == 100; }));
    CHECK(server.seen().size() == 2);
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 fresh");
    CHECK(server.seen().size() == 2);
}

TEST_CASE("http crm: what it said survives a restart while the CRM is down", "[crm]") {
    const scratch_dir dir;
    const auto memory = dir.path() / "crm.jsonl";
    std::string url;
    {
        scripted_server server(&script);
        url = server.url();
        desk d(url, memory);
        CHECK(d.find("12") == "title Lenina 1, found 79001112233 live");
        CHECK(d.find("99") == "title Lenina 1, unknown live");
    }
    desk d(url, memory);
    CHECK(d.role->remembered_count() == 3);
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 fresh");
    d.now = noon + 1h;
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 stale");
    CHECK(d.find("99") == "title Lenina 1, failed refused");
    d.now = noon + std::chrono::days{7};
    CHECK(d.find("12") == "title , failed refused");
}

TEST_CASE("http crm: a memory that cannot be written costs no call", "[crm]") {
    scripted_server server(&script);
    desk d(server.url(), "/proc/no/such/directory/crm.jsonl");
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 live");
    REQUIRE(loop_until(d.loop, [&] { return d.role->file_counters()->lost == 2; }));
    CHECK(d.role->file_counters()->failing);
    CHECK(d.find("12") == "title Lenina 1, found 79001112233 fresh");
}

TEST_CASE("http crm: destroyed in the midst of questions it tells nobody", "[crm]") {
    scripted_server server(&script);
    desk d(server.url());
    d.role->find({call_id{}, panel_id{"5001"}, flat_id{"hang"}});
    d.role->find({call_id{}, panel_id{}, flat_id{}});
    d.role.reset();
    d.loop.restart();
    d.loop.run();
    CHECK(d.facts.empty());
}

TEST_CASE("file crm: answers from the file, and a broken file keeps the old answers", "[crm]") {
    const scratch_dir dir;
    const auto path = dir.path() / "flats.toml";
    std::ofstream(path) << "[panels.5001]\nname = \"Lenina 1\"\n[panels.5001.flats.12]\naccounts = [\"79001112233\"]\n";
    boost::asio::io_context loop;
    std::vector<std::string> facts;
    auto opened = crm::file_crm::open(loop, path, [&](const call::fact& what) { facts.push_back(told(what)); });
    REQUIRE(opened);
    crm::file_crm& role = **opened;
    const auto find = [&](const char* panel, const char* flat) {
        facts.clear();
        role.find({call_id{}, panel_id{panel}, flat_id{flat}});
        return loop_until(loop, [&] { return facts.size() == 2; }) ? facts[0] + ", " + facts[1] : "nothing";
    };
    const auto reload = [&] {
        std::string answer;
        role.reload([&](const result<std::size_t>& read) {
            answer = read ? std::to_string(*read) + " panels" : read.why().text;
        });
        return loop_until(loop, [&] { return !answer.empty(); }) ? answer : "nothing";
    };
    CHECK(find("5001", "12") == "title Lenina 1, found 79001112233 file");
    CHECK(find("5001", "13") == "title Lenina 1, unknown file");
    CHECK(find("5002", "1") == "title , unknown file");
    std::ofstream(path) << "[panels.5001\n";
    CHECK(reload().find("flats.toml:1: ") != std::string::npos);
    CHECK(find("5001", "12") == "title Lenina 1, found 79001112233 file");
    std::ofstream(path) << "[panels.5001.flats.12]\naccounts = [\"79001112244\"]\n[panels.5002]\n";
    CHECK(reload() == "2 panels");
    CHECK(find("5001", "12") == "title , found 79001112244 file");
    CHECK_FALSE(crm::file_crm::open(loop, dir.path() / "gone.toml", [](const call::fact&) {}).ok());
}
