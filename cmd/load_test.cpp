// tdctl load-test: an operator's world without the operator. `serve` keeps a simulated Asterisk, CRM and push server on
// loopback for whoever wants to try a worker; `evening` plays a short evening of door calls against a worker of its own
// and says whether every promise was kept.

#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/verbs.hpp"
#include "sim_server/loop.hpp"
#include "sim_server/stage.hpp"
#include "sim_server/town.hpp"

namespace td::cmd {
namespace {

using json = nlohmann::ordered_json;
using sim_server::evening_report;

constexpr auto ignore_broken = json::error_handler_t::replace;

sim::asterisk_release release_of(int number) {
    return number == 16 ? sim::asterisk_release::v16 : sim::asterisk_release::v22;
}

exit_status status_of_signal(int signal) {
    return signal == SIGINT ? exit_status::interrupted : exit_status::terminated;
}

// ---- serve

struct serve_options {
    std::string listen = "127.0.0.1:8088";
    std::string crm;
    std::string push;
    int release = 22;
};

/// The host of HOST:PORT with port 0, for the servers that were given no address.
std::string free_port_beside(const std::string& address) {
    return address.substr(0, address.rfind(':')) + ":0";
}

std::string host_of(const std::string& address) {
    return address.substr(0, address.rfind(':'));
}

/// Ten panels with twenty flats, two accounts in each, whose phones answer after three seconds and talk for ten.
void furnish(sim_server::town& town) {
    for (int panel = 5001; panel <= 5010; ++panel) {
        for (int flat = 1; flat <= 20; ++flat) {
            call::flat_record record;
            for (int resident = 1; resident <= 2; ++resident) {
                const account_id account(fmt::format("7900{}{:02}{}", panel, flat, resident));
                record.accounts.push_back({account, {{device_id("phone-" + account.text()), "android"}}});
                sim::phone phone;
                phone.acts_after = 3s + 1s * (resident - 1);
                phone.hangs_up_after = 10s;
                town.put_phone(account, phone);
            }
            town.put_flat(panel_id(std::to_string(panel)), flat_id(std::to_string(flat)), record);
        }
    }
}

void print_addresses(context& with, const serve_options& options, const sim_server::town_ports& ports) {
    const std::string ari = fmt::format("http://{}:{}", host_of(options.listen), ports.ari);
    const std::string crm = fmt::format("http://{}:{}", host_of(options.crm), ports.crm);
    const std::string push = fmt::format("http://{}:{}", host_of(options.push), ports.push);
    if (with.json()) {
        with.out() << json{{"type", "serving"}, {"schema", 1},  {"ari", ari},
                           {"crm", crm},        {"push", push}, {"control", ari + "/sim"}}
                          .dump()
                   << "\n";
    } else {
        with.out() << fmt::format("ari      {}   user tdctl\ncrm      {}\npush     {}\ncontrol  {}/sim\n", ari, crm,
                                  push, ari);
        with.say(fmt::format("a worker: tdctl --set ari.url={} --set crm.url={} --set push.url={} serve-ari", ari, crm,
                             push));
        with.say(fmt::format("a visitor: curl -X POST '{}/sim/panels/5001/call?flat=12'", ari));
    }
    with.out().flush();
}

exit_status serve(context& with, serve_options options) {
    options.crm = options.crm.empty() ? free_port_beside(options.listen) : options.crm;
    options.push = options.push.empty() ? free_port_beside(options.listen) : options.push;
    sim_server::loop loop;
    loop.stop_on_signals();
    sim_server::town_options town_options;
    town_options.ari.release = release_of(options.release);
    if (const char* password = std::getenv("TDCTL_ARI_PASSWORD"); password != nullptr && *password != '\0') {
        town_options.ari.password = password;
    }
    town_options.ari.limits.sessions = 1000;
    sim_server::town town(loop, town_options);
    const result<sim_server::town_ports> ports = town.open({options.listen, options.crm, options.push});
    if (!ports) {
        return with.complain(ports.why());
    }
    furnish(town);
    loop.on_status_signal([&] { with.complain(town.status_line()); });
    print_addresses(with, options, *ports);
    loop.run();
    return exit_status::done;  // a signal is how this verb ends, and cuts nothing short
}

act declare_serve(CLI::App& app) {
    // Shared, because the act captures it and std::function wants to copy what it captures.
    const auto options = std::make_shared<serve_options>();
    app.add_option("--listen", options->listen,
                   "Asterisk's address, HOST:PORT with a numeric host; port 0 takes a free one")
        ->capture_default_str();
    app.add_option("--crm", options->crm, "The CRM's address; without it a free port beside --listen");
    app.add_option("--push", options->push, "The push server's address; without it a free port beside --listen");
    app.add_option("--release", options->release, "The Asterisk that is played: 22 or 16")
        ->check(CLI::IsMember({16, 22}))
        ->capture_default_str();
    return [options](context& with) { return serve(with, *options); };
}

// ---- evening

struct evening_words {
    std::size_t calls = 12;
    int release = 22;
    bool keep = false;
};

/// A directory of this run, removed with everything in it.
class scratch_directory {
public:
    static result<scratch_directory> make() {
        std::error_code failed;
        const std::filesystem::path parent = std::filesystem::temp_directory_path(failed);
        std::string pattern = (parent / "tdctl-evening-XXXXXX").string();
        if (failed || mkdtemp(pattern.data()) == nullptr) {
            return failure{
                failure_kind::unreachable,
                fmt::format("cannot make a directory {}: set TMPDIR to a place that can be written", pattern)};
        }
        return scratch_directory(pattern);
    }
    scratch_directory(scratch_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    scratch_directory& operator=(scratch_directory&&) = delete;
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory() {
        if (!path_.empty()) {
            std::error_code ignored;  // what cannot be removed stays in a temporary directory
            std::filesystem::remove_all(path_, ignored);
        }
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// It stays.
    void keep() { path_.clear(); }

private:
    explicit scratch_directory(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

const sim_server::kept_record* record_of(const evening_report& report, const sim_server::door_scene& scene) {
    const auto found = std::find_if(report.records.begin(), report.records.end(),
                                    [&](const sim_server::kept_record& each) { return each.panel == scene.panel; });
    return found == report.records.end() ? nullptr : &*found;
}

void print_text(context& with, const evening_report& report) {
    std::ostream& out = with.out();
    const sim_server::door_scene& told = report.scenes[report.told];
    out << fmt::format("One call told: panel {}, flat {} ({})\n", told.panel.text(), told.flat.text(),
                       name_of(told.which));
    for (const sim_server::told_line& line : report.story) {
        out << fmt::format("{:>8.3f} s  {}\n", static_cast<double>(line.at_ms) / 1000.0, line.words);
    }
    if (const sim_server::kept_record* record = record_of(report, told)) {
        out << fmt::format("  record: {} by {}, rang {} ms, talked {} ms, ended by {}; {} answered too late\n",
                           record->outcome, record->answered_by.empty() ? "nobody" : record->answered_by,
                           record->ring_ms, record->talk_ms, record->ended_by, record->answered_elsewhere);
    }
    out << "\npanel  flat  tale            outcome    ended by    answered by     ring ms  talk ms\n";
    for (const sim_server::door_scene& scene : report.scenes) {
        const sim_server::kept_record* record = record_of(report, scene);
        out << fmt::format("{:<6} {:<5} {:<15} {:<10} {:<11} {:<14} {:>8} {:>8}\n", scene.panel.text(),
                           scene.flat.text(), name_of(scene.which), record == nullptr ? "no record" : record->outcome,
                           record == nullptr ? "-" : record->ended_by,
                           record == nullptr || record->answered_by.empty() ? "-" : record->answered_by,
                           record == nullptr ? 0 : record->ring_ms, record == nullptr ? 0 : record->talk_ms);
    }
    out << fmt::format("\n{} calls, {} records, {} REST requests, {} events, {} pushes\n", report.scenes.size(),
                       report.records.size(), report.requests, report.events, report.pushes);
    for (const std::string& each : report.broken) {
        out << "broken: " << each << "\n";
    }
    out << (report.broken.empty()
                ? "Every promise was kept: each call has one record and the right outcome, nothing is left.\n"
                : "The evening went wrong.\n");
}

void print_json(context& with, const evening_report& report) {
    const auto line = [&with](const json& one) { with.out() << one.dump(-1, ' ', false, ignore_broken) << "\n"; };
    const sim_server::door_scene& told = report.scenes[report.told];
    for (const sim_server::told_line& each : report.story) {
        line({{"type", "told"},
              {"schema", 1},
              {"panel", told.panel.text()},
              {"at_ms", each.at_ms},
              {"words", each.words}});
    }
    for (const sim_server::door_scene& scene : report.scenes) {
        json one{{"type", "call"},
                 {"schema", 1},
                 {"panel", scene.panel.text()},
                 {"flat", scene.flat.text()},
                 {"tale", name_of(scene.which)}};
        if (const sim_server::kept_record* record = record_of(report, scene)) {
            one.update({{"call", record->call},
                        {"outcome", record->outcome},
                        {"ended_by", record->ended_by},
                        {"answered_by", record->answered_by},
                        {"ring_ms", record->ring_ms},
                        {"talk_ms", record->talk_ms}});
        }
        line(one);
    }
    line({{"type", "evening"},
          {"schema", 1},
          {"calls", report.scenes.size()},
          {"records", report.records.size()},
          {"requests", report.requests},
          {"events", report.events},
          {"pushes", report.pushes},
          {"broken", report.broken}});
}

exit_status evening(context& with, const evening_words& words) {
    result<scratch_directory> scratch = scratch_directory::make();
    if (!scratch) {
        return with.complain(scratch.why());
    }
    sim_server::evening_options options;
    options.calls = words.calls;
    options.release = release_of(words.release);
    options.scratch = scratch->path();
    options.say = [&with](std::string_view progress) { with.say(progress); };
    options.answer = [&with](std::string_view status) { with.complain(status); };  // asked for, so -q does not hush it
    const result<evening_report> report = sim_server::play_evening(options);
    if (words.keep) {
        with.say("kept: " + scratch->path().string());
        scratch->keep();
    }
    if (!report) {
        return with.complain(report.why());
    }
    if (report->stopped_by != 0) {
        return status_of_signal(report->stopped_by);
    }
    if (with.json()) {
        print_json(with, *report);
    } else {
        print_text(with, *report);
    }
    return report->broken.empty() ? exit_status::done : exit_status::failed;
}

act declare_evening(CLI::App& app) {
    const auto words = std::make_shared<evening_words>();  // shared for the same reason as above
    app.add_option("--calls", words->calls, "How many door calls")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--release", words->release, "The Asterisk that is played: 22 or 16")
        ->check(CLI::IsMember({16, 22}))
        ->capture_default_str();
    app.add_flag("--keep", words->keep, "Leave the scratch directory with the worker's log, journal and spool");
    return [words](context& with) { return evening(with, *words); };
}

act declare(CLI::App& app) {
    static const std::string serve_examples =
        std::string(
            "  tdctl load-test serve --listen 127.0.0.1:8088\n"
            "  curl -X POST 'http://127.0.0.1:8088/sim/panels/5001/call?flat=12'\n\n"
            "The user is tdctl; the password is tdctl, or $TDCTL_ARI_PASSWORD. At the start the panels 5001 to 5010\n"
            "have the flats 1 to 20 with two accounts each.\n\n") +
        std::string(sim_server::control_words());
    return declare_verbs(
        app, {{"serve", "Simulate Asterisk, CRM and push server until a signal comes", serve_examples, declare_serve},
              {"evening", "Play a short evening of door calls against a worker of its own and check it",
               "  tdctl load-test evening\n"
               "  tdctl --json load-test evening --calls 60 | jq -r 'select(.type==\"call\") | .outcome'\n",
               declare_evening}});
}

}  // namespace

verb load_test_verb() {
    return {"load-test", "Simulate an operator: serve one, or play an evening of door calls",
            "  tdctl load-test evening\n"
            "  tdctl load-test serve --listen 127.0.0.1:8088\n",
            declare};
}

}  // namespace td::cmd
