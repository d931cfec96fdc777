#include "sim_server/stage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "sim_server/child.hpp"
#include "sim_server/loop.hpp"
#include "sim_server/town.hpp"

namespace td::sim_server {
namespace {

namespace fs = std::filesystem;
using kind = sim::sip_news::kind;

constexpr duration ready_limit = 10s;
constexpr duration end_limit = 15s;
constexpr std::string_view password = "an evening's password";

/// The worker's environment is ours without what would change its configuration or speak to our service manager.
std::vector<std::string> worker_environment() {
    std::vector<std::string> kept;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view variable = *each;
        if (!variable.starts_with("TDCTL_") && !variable.starts_with("NOTIFY_SOCKET=") &&
            !variable.starts_with("WATCHDOG_")) {
            kept.emplace_back(variable);
        }
    }
    kept.push_back(fmt::format("TDCTL_ARI_PASSWORD={}", password));
    return kept;
}

result<done> write_configuration(const fs::path& scratch, const town_ports& ports, std::uint16_t metrics,
                                 const evening_rules& rules) {
    for (const char* folder : {"spool", "journal"}) {
        std::error_code failed;
        fs::create_directories(scratch / folder, failed);
        if (failed) {
            return failure{failure_kind::unreachable,
                           fmt::format("cannot make {}: {}", (scratch / folder).string(), failed.message())};
        }
    }
    std::ofstream file(scratch / "tdctl.toml");
    file << fmt::format(
        "[ari]\nurl = \"http://127.0.0.1:{}\"\nuser = \"tdctl\"\npassword = \"env:TDCTL_ARI_PASSWORD\"\n"
        "[door]\nring_limit = \"{}\"\nlate_dial = \"{}\"\n"
        "[crm]\nurl = \"http://127.0.0.1:{}\"\nmemory = \"{}\"\n"
        "[push]\nurl = \"http://127.0.0.1:{}\"\nrepeat = \"{}\"\n"
        "[pool]\nurl = \"sqlite:{}\"\n"
        "[feed]\nspool = \"{}\"\n"
        "[journal]\ndir = \"{}\"\n"
        "[metrics]\nlisten = \"127.0.0.1:{}\"\n",
        ports.ari, duration_text(rules.ring_limit), duration_text(rules.late_dial), ports.crm,
        (scratch / "crm-memory").string(), ports.push, duration_text(rules.push_repeat),
        (scratch / "tdctl.db").string(), (scratch / "spool").string(), (scratch / "journal").string(), metrics);
    file.close();
    return file ? result<done>(done{})
                : failure{failure_kind::unreachable, fmt::format("cannot write into {}", scratch.string())};
}

/// What the worker said last, for a person who must find out why it did not come up.
std::string last_words(const fs::path& scratch) {
    std::ifstream file(scratch / "worker.log");
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    constexpr std::size_t most = 600;
    if (text.size() > most) {
        text.erase(0, text.size() - most);
    }
    while (text.ends_with('\n')) {
        text.pop_back();
    }
    return text.empty() ? std::string("it said nothing") : "its last words: " + text;
}

result<std::vector<kept_record>> read_spool(const fs::path& spool) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::recursive_directory_iterator each(spool, failed), end; !failed && each != end; each.increment(failed)) {
        if (each->path().extension() == ".jsonl") {
            files.push_back(each->path());
        }
    }
    if (failed) {
        return failure{failure_kind::broken_data, fmt::format("cannot read {}: {}", spool.string(), failed.message())};
    }
    std::sort(files.begin(), files.end());
    std::vector<kept_record> records;
    for (const fs::path& each : files) {
        std::ifstream file(each);
        for (std::string line; std::getline(file, line);) {
            result<kept_record> record = record_of(line);
            if (!record) {
                return record.why();
            }
            records.push_back(*std::move(record));
        }
    }
    return records;
}

town_options town_of(const evening_options& options, const evening_rules& rules) {
    town_options made;
    made.ari.release = options.release;
    made.ari.password = password;
    made.wakes_after = rules.wakes_after;
    made.remembered = 1'000'000;
    return made;
}

/// The evening under way.
class stage {
public:
    explicit stage(const evening_options& options)
        : options_(options), town_(loop_, town_of(options, rules_)), scenes_(evening_of(options.calls, rules_)) {}

    result<evening_report> play();

private:
    result<child> start_worker();
    void furnish();
    void begin(std::size_t which);
    /// Looks at what the SIP side saw since the last look.
    void watch();
    void talk_began(const sim::sip_news& news);
    void phone_rang(const sim::sip_news& news);
    [[nodiscard]] bool all_over() const;
    int stop(child& worker);
    result<evening_report> report(int worker_status);

    const evening_options& options_;
    evening_rules rules_;
    loop loop_;
    town town_;
    std::vector<door_scene> scenes_;
    std::map<std::string, std::size_t> scene_of_;  ///< by the panel's channel
    std::map<std::size_t, instant> called_at_;
    std::map<std::string, std::size_t> together_;  ///< by endpoint: the scenes whose phones are picked up at once
    std::map<std::size_t, std::vector<std::string>> ringing_;  ///< their legs that ring
    std::size_t watched_ = 0;
    std::size_t begun_ = 0;
};

result<child> stage::start_worker() {
    const result<town_ports> ports = town_.open({});
    if (!ports) {
        return ports.why();
    }
    const result<std::uint16_t> metrics = free_port();
    if (!metrics) {
        return metrics.why();
    }
    if (const result<done> written = write_configuration(options_.scratch, *ports, *metrics, rules_); !written) {
        return written.why();
    }
    result<child> worker = child::start(
        options_.program, {"--config", (options_.scratch / "tdctl.toml").string(), "serve-ari", "--node", "evening"},
        worker_environment(), (options_.scratch / "worker.log").string());
    if (!worker) {
        return worker;
    }
    // The probe blocks for a moment; ten times a second it leaves the loop its time.
    instant next_look = loop_.now();
    bool ready = false;
    const auto settled = [&] {
        if (loop_.now() >= next_look) {
            next_look = loop_.now() + 100ms;
            loop_.at(next_look, [] {});
            ready = town_.ari().sockets() > 0 && answers_well(*metrics, "/readyz", std::chrono::milliseconds(50));
        }
        return ready || worker->ended().has_value();
    };
    loop_.run_until(settled, ready_limit);
    if (ready || loop_.stopped_by() != 0) {
        return worker;
    }
    const std::optional<int> status = worker->ended();
    return failure{failure_kind::unreachable,
                   fmt::format("the worker {}; {}",
                               status ? fmt::format("ended with status {} before it was ready", *status)
                                      : fmt::format("was not ready within {}", duration_text(ready_limit)),
                               last_words(options_.scratch))};
}

void stage::furnish() {
    for (std::size_t i = 0; i < scenes_.size(); ++i) {
        const door_scene& scene = scenes_[i];
        call::flat_record record;
        for (const resident& each : scene.residents) {
            if (scene.picked_up_after > duration::zero()) {
                together_[town_.endpoint_of(each.account)] = i;
            }
            record.accounts.push_back({each.account, {{device_id("phone-" + each.account.text()), "android"}}});
            town_.put_phone(each.account, each.phone);
        }
        crm_panel panel;
        panel.name = "Lenina 1, entrance " + scene.panel.text();
        panel.flats[scene.flat] = std::move(record);
        town_.crm().put(scene.panel, std::move(panel));
    }
}

void stage::begin(std::size_t which) {
    const door_scene& scene = scenes_[which];
    ++begun_;
    const std::optional<std::string> channel = town_.call(scene.panel, scene.flat);
    if (!channel) {
        return;  // each panel has one scene, so it is free; the missing record would tell
    }
    scene_of_[*channel] = which;
    called_at_[which] = loop_.now();
    if (scene.visitor_leaves_after > duration::zero()) {
        loop_.at(loop_.now() + scene.visitor_leaves_after, [this, panel = scene.panel] { town_.hang_up(panel); });
    }
}

void stage::watch() {
    const std::deque<sim::sip_news>& seen = town_.seen();
    for (; watched_ < seen.size(); ++watched_) {
        const sim::sip_news& news = seen[watched_];
        if (news.what == kind::talk_begun) {
            talk_began(news);
        } else if (news.what == kind::phone_rings) {
            phone_rang(news);
        }
    }
}

void stage::talk_began(const sim::sip_news& news) {
    const auto found = scene_of_.contains(news.channel) ? scene_of_.find(news.channel) : scene_of_.find(news.other);
    if (found == scene_of_.end()) {
        return;
    }
    const door_scene& scene = scenes_[found->second];
    if (scene.leaves_after_talk > duration::zero()) {
        loop_.at(loop_.now() + scene.leaves_after_talk, [this, panel = scene.panel] { town_.hang_up(panel); });
    }
}

void stage::phone_rang(const sim::sip_news& news) {
    const auto found = together_.find(news.endpoint);
    if (found == together_.end()) {
        return;
    }
    const door_scene& scene = scenes_[found->second];
    std::vector<std::string>& legs = ringing_[found->second];
    legs.push_back(news.channel);
    if (legs.size() == scene.residents.size()) {
        loop_.at(loop_.now() + scene.picked_up_after, [this, legs] { town_.pick_up(legs); });
    }
}

bool stage::all_over() const {
    const sim::fake_asterisk& asterisk = town_.asterisk();
    return begun_ == scenes_.size() && asterisk.channel_count() == 0 && asterisk.bridge_count() == 0;
}

result<evening_report> stage::play() {
    loop_.stop_on_signals();
    loop_.on_status_signal([this] {
        options_.answer(fmt::format("{} of {} door calls begun; {}", begun_, scenes_.size(), town_.status_line()));
    });
    options_.say("starting the worker");
    result<child> worker = start_worker();
    if (!worker) {
        return worker.why();
    }
    if (loop_.stopped_by() != 0) {
        evening_report cut_short;
        cut_short.stopped_by = loop_.stopped_by();
        return cut_short;
    }
    furnish();
    const instant start = loop_.now();
    for (std::size_t i = 0; i < scenes_.size(); ++i) {
        loop_.at(start + scenes_[i].starts_after, [this, i] { begin(i); });
    }
    options_.say(fmt::format("playing {} door calls", scenes_.size()));
    const duration limit = scenes_.back().starts_after + rules_.ring_limit + 20s;
    loop_.run_until(
        [&] {
            watch();
            return all_over() || worker->ended().has_value();
        },
        limit);
    if (const std::optional<int> early = worker->ended()) {
        return failure{failure_kind::refused,
                       fmt::format("the worker ended by itself in mid-evening with status {}; {}", *early,
                                   last_words(options_.scratch))};
    }
    options_.say("stopping the worker");
    return report(stop(*worker));
}

int stage::stop(child& worker) {
    worker.end();
    const instant start = loop_.now();
    for (duration after{}; after < end_limit; after += 50ms) {
        loop_.at(start + after, [] {});  // a turn to look at the child; its end makes none by itself
    }
    loop_.run_until([&] { return worker.ended().has_value(); }, end_limit);
    return worker.ended().value_or(128 + 9);  // one that does not end is killed with its owner
}

result<evening_report> stage::report(int worker_status) {
    evening_report made;
    made.stopped_by = loop_.stopped_by();
    made.scenes = scenes_;
    result<std::vector<kept_record>> records = read_spool(options_.scratch / "spool");
    if (!records) {
        return records.why();
    }
    made.records = *std::move(records);
    const std::vector<sim::sip_news> seen(town_.seen().begin(), town_.seen().end());
    made.broken = broken_promises(
        made.scenes, made.records, seen,
        {town_.asterisk().channel_count(), town_.asterisk().bridge_count(), town_.panels_busy(), worker_status});
    made.requests = town_.ari().counts().http_requests + town_.ari().counts().socket_requests;
    made.events = town_.ari().counts().events;
    made.pushes = town_.push().counts().requests;
    // The dead heat is the call worth telling; an evening of one call has only the first.
    made.told = scenes_.size() > 1 ? 1 : 0;
    const auto record = std::find_if(made.records.begin(), made.records.end(), [&](const kept_record& each) {
        return each.panel == made.scenes[made.told].panel;
    });
    const auto channel =
        std::find_if(scene_of_.begin(), scene_of_.end(), [&](const auto& each) { return each.second == made.told; });
    if (record != made.records.end() && channel != scene_of_.end()) {
        std::vector<seen_push> pushes;
        for (const pushed& each : town_.push().told()) {
            pushes.push_back({each.at, each.call, each.kind, each.reason, each.accepted.size()});
        }
        made.story = tell(made.scenes[made.told], *record, seen, pushes, channel->first, called_at_[made.told]);
    }
    return made;
}

}  // namespace

result<evening_report> play_evening(const evening_options& options) {
    return stage(options).play();
}

}  // namespace td::sim_server
