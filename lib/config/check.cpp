#include "config/check.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <string>

#include "config/words.hpp"

namespace td::config {
namespace {

/// The keys that a problem is about, the one to change first.
using keys_of = std::initializer_list<std::string_view>;

class judge {
public:
    explicit judge(const place_of& where) : where_(where) {}

    void error(keys_of keys, std::string text, std::string remedy) {
        add(problem::weight::error, keys, std::move(text), std::move(remedy));
    }
    void warn(keys_of keys, std::string text, std::string remedy) {
        add(problem::weight::warning, keys, std::move(text), std::move(remedy));
    }
    [[nodiscard]] std::vector<problem> found() && { return std::move(found_); }

private:
    /// The problem is told at the first of its keys that was set at all: the others stand at their defaults, and what
    /// was written is what has to change.
    void add(problem::weight how, keys_of keys, std::string text, std::string remedy) {
        problem made{how, "", 0, "", std::move(text), std::move(remedy)};
        for (const std::string_view each : keys) {
            if (made.where.empty()) {
                made.key = each;
                where_(made);
            }
        }
        made.key = *keys.begin();
        found_.push_back(std::move(made));
    }

    const place_of& where_;
    std::vector<problem> found_;
};

std::string is(std::string_view key, duration value) {
    return std::string(key) + " (" + duration_text(value) + ")";
}

void check_applications(const settings& s, judge& to) {
    // One name is one socket: of two sockets with the same application Asterisk silences the older
    // (ApplicationReplaced).
    const std::array<std::pair<std::string_view, const std::string*>, 3> apps{
        {{"door.app", &s.door.app}, {"sos.app", &s.sos.app}, {"probe.app", &s.probe.app}}};
    for (std::size_t i = 0; i < apps.size(); ++i) {
        for (std::size_t j = i + 1; j < apps.size(); ++j) {
            if (*apps.at(i).second == *apps.at(j).second) {
                to.error({apps.at(j).first, apps.at(i).first},
                         std::string(apps.at(j).first) + " and " + std::string(apps.at(i).first) + " are both " +
                             in_quotes(*apps.at(i).second),
                         "give each its own name, and the dialplan the same");
            }
        }
    }
}

void check_door(const settings& s, judge& to) {
    if (s.door.late_dial >= s.door.ring_limit) {
        to.warn({"door.late_dial", "door.ring_limit"},
                is("door.late_dial", s.door.late_dial) + " is not shorter than " +
                    is("door.ring_limit", s.door.ring_limit) + ", so a phone that wakes late is never dialled again",
                "make it shorter than the ring limit");
    }
    if (s.door.spread == fan_out::proxy) {
        to.error({"door.fan_out"}, "door.fan_out = \"proxy\" is not served by this version", "write \"asterisk\"");
    }
    if (!s.push.url.is("none") && s.push.repeat >= s.door.ring_limit) {
        to.warn({"push.repeat", "door.ring_limit"},
                is("push.repeat", s.push.repeat) + " is not shorter than " + is("door.ring_limit", s.door.ring_limit) +
                    ", so no push is ever repeated",
                "make it shorter than the ring limit");
    }
    if (s.crm.timeout >= s.door.ring_limit) {
        to.error({"crm.timeout", "door.ring_limit"},
                 is("crm.timeout", s.crm.timeout) + " is not shorter than " + is("door.ring_limit", s.door.ring_limit) +
                     ", so a slow CRM would leave no time to ring",
                 "make it shorter, such as 800ms");
    }
    if (s.crm.fresh > s.crm.stale) {
        to.error({"crm.fresh", "crm.stale"},
                 is("crm.fresh", s.crm.fresh) + " is longer than " + is("crm.stale", s.crm.stale) +
                     ", so an answer would be fresh and too old at once",
                 "make crm.stale the longer one");
    }
}

void check_sos(const settings& s, judge& to) {
    if (s.sos.guard == duration::zero()) {
        to.warn({"sos.guard"}, "sos.guard is 0s: a number may be lent again the moment its window ends",
                "leave it an hour, so that a late callback reaches nobody rather than the wrong house");
    }
    if (s.sos.window < s.sos.answer_limit + s.door.talk_limit) {
        to.warn({"sos.window", "sos.answer_limit", "door.talk_limit"},
                is("sos.window", s.sos.window) + " is shorter than an answer and a talk take",
                "make it hours: the service calls back when its crew stands before the door");
    }
}

void check_storage(const settings& s, judge& to) {
    const auto place = [](const std::string& path) {
        std::string plain = std::filesystem::path(path).lexically_normal();
        plain.erase(std::max<std::size_t>(plain.find_last_not_of('/') + 1, 1));
        return plain;
    };
    if (place(s.feed.spool) == place(s.journal.dir)) {
        to.error({"feed.spool", "journal.dir"},
                 "feed.spool and journal.dir are the same directory, " + in_quotes(printable(s.feed.spool)),
                 "give each its own");
    }
    if (s.pool.url.scheme == "sqlite" && s.callback_map.url.scheme == "redis") {
        to.warn({"callback_map.url", "pool.url"},
                "callback_map.url is a Redis, but pool.url is a file of this machine alone",
                "use one mysql:// pool for several workers, or callback_map.url = \"pool\" for one");
    }
}

void warn_of_plain_text(std::string_view key, const address& to_what, std::string_view better, judge& to) {
    if (to_what.scheme != "http" || to_what.loopback() || to_what.host.empty()) {
        return;
    }
    to.warn({key},
            std::string(key) + " " + in_quotes(printable(to_what.text)) +
                " goes over the network unencrypted, secrets included",
            std::string(better));
}

void check_network(const settings& s, judge& to) {
    warn_of_plain_text("ari.url", s.ari.url, "run the worker on Asterisk's own machine, or between the two in a VPN",
                       to);
    warn_of_plain_text("crm.url", s.crm.url, "use https://", to);
    warn_of_plain_text("push.url", s.push.url, "use https://", to);
}

struct use_of_secret {
    std::string_view key;
    const secret_ref* reference;
    const secret_ref* built_in;
    bool needed;
    std::string_view never_empty_for{};  ///< who lets nobody in without a password
};

std::vector<use_of_secret> uses_of_secrets(const settings& s, const settings& usual) {
    const auto http = [](const address& url) { return url.scheme == "http" || url.scheme == "https"; };
    return {{"ari.password", &s.ari.password, &usual.ari.password, true, "Asterisk"},
            {"crm.token", &s.crm.token, &usual.crm.token, http(s.crm.url)},
            {"push.token", &s.push.token, &usual.push.token, http(s.push.url)},
            {"pool.password", &s.pool.password, &usual.pool.password, s.pool.url.scheme == "mysql"},
            {"callback_map.password", &s.callback_map.password, &usual.callback_map.password,
             s.callback_map.url.scheme == "redis"},
            {"panels.password", &s.panels.password, &usual.panels.password, s.panels.busy.scheme == "redis"},
            {"feed.password", &s.feed.password, &usual.feed.password, s.feed.url.scheme == "amqp", "RabbitMQ"}};
}

std::string remedy_for(const secret_ref& reference) {
    switch (reference.where) {
        case secret_ref::place::none: return "";
        case secret_ref::place::environment: return "set it in the environment of the service";
        case secret_ref::place::file: return "make it a file of one line that the service's user can read";
        case secret_ref::place::credential: return "name it by LoadCredential= in the unit";
    }
    return "";
}

/// A shell has neither the variables nor the credentials of the service; so where nothing but a default or the service
/// manager is missing, it is told but is no error.
bool only_here(const use_of_secret& use, const variable_map& variables) {
    const bool no_credentials =
        use.reference->where == secret_ref::place::credential && variables.count("CREDENTIALS_DIRECTORY") == 0;
    return no_credentials || *use.reference == *use.built_in;
}

void check_secret(const use_of_secret& use, const variable_map& variables, judge& to) {
    const std::string key(use.key);
    if (!use.never_empty_for.empty() && use.reference->where == secret_ref::place::none) {
        to.error({key},
                 key + " is empty, and " + std::string(use.never_empty_for) + " lets nobody in without a password",
                 "write where it is kept: env:NAME, file:/PATH or credential:NAME");
        return;
    }
    const result<secret> found = resolve(*use.reference, variables);
    if (!found) {
        const std::string text = key + ": " + found.why().text;
        if (only_here(use, variables)) {
            to.warn({key}, text, remedy_for(*use.reference));
        } else {
            to.error({key}, text, remedy_for(*use.reference));
        }
    }
    if (const auto worry = worry_about(*use.reference, variables)) {
        to.warn({key}, key + ": " + *worry, "chmod 0600 it, and give it to the service's user");
    }
}

}  // namespace

std::vector<problem> contradictions(const settings& in_force, const place_of& where) {
    judge to(where);
    check_applications(in_force, to);
    check_door(in_force, to);
    check_sos(in_force, to);
    check_storage(in_force, to);
    check_network(in_force, to);
    return std::move(to).found();
}

std::vector<problem> secret_problems(const settings& in_force, const variable_map& variables, const place_of& where) {
    judge to(where);
    const settings usual;
    for (const use_of_secret& use : uses_of_secrets(in_force, usual)) {
        if (use.needed) {
            check_secret(use, variables, to);
        }
    }
    return std::move(to).found();
}

}  // namespace td::config
