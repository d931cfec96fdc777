#include "cmd/reload.hpp"

#include <vector>

#include "cmd/adapters.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"

namespace td::cmd {
namespace {

/// What SIGHUP changes: the rules of new calls, and the log's level. Everything else is read once, at the start.
bool follows_a_reload(const config::key& key) {
    const bool rule = key.section == "door" && key.name != "app" && key.name != "dial" && key.name != "fan_out";
    const bool sos = key.section == "sos" && (key.name == "answer_limit" || key.name == "silence_limit" ||
                                              key.name == "default_route" || key.name == "desk");
    return rule || sos || key.full_name() == "push.repeat" || key.full_name() == "log.level";
}

void tell_problems(const config::loaded& read, runtime::log& log) {
    for (const config::problem& each : read.problems) {
        const bool error = each.how == config::problem::weight::error;
        log.say(error ? runtime::log_level::error : runtime::log_level::warning, "configuration",
                {{"problem", config::text_of(each)}});
    }
}

void follow(const config::settings& news, const reload_targets& to, instant now) {
    const auto rules = config::call_rules(news);
    to.worker.follow(rules);
    to.journal.follow(now, rules);
    to.log.show_from(log_level(news));
    for (const config::key& each : config::keys()) {
        if (each.show(to.in_force) != each.show(news) && !follows_a_reload(each)) {
            to.log.say(runtime::log_level::warning, "changed, and in force only after a restart",
                       {{"key", each.full_name()}});
        }
    }
    to.log.say(runtime::log_level::info, "reloaded");
}

}  // namespace

void read_again(const reload_targets& to, instant now) {
    config::sources from;
    from.file = to.with.options().config_file;
    from.variables = to.with.variables();
    from.overrides = to.with.options().overrides;
    const config::loaded read = config::load(from);
    tell_problems(read, to.log);
    if (read.usable()) {
        follow(read.values, to, now);
    } else {
        to.log.say(runtime::log_level::error, "reload refused, the old configuration stays in force");
    }
    if (to.crm == nullptr) {
        return;
    }
    to.crm->reload([&log = to.log](const result<std::size_t>& panels) {
        if (panels) {
            log.say(runtime::log_level::info, "crm file read again", {{"panels", *panels}});
        } else {
            log.say(runtime::log_level::error, "crm file refused, the old one stays", {{"reason", panels.why().text}});
        }
    });
}

}  // namespace td::cmd
