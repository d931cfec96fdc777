// tdctl serve-ari: the worker that serves door calls on one Asterisk.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <string>

#include "cmd/door_service.hpp"
#include "cmd/verbs.hpp"
#include "runtime/journal_files.hpp"

namespace td::cmd {
namespace {

struct options {
    std::string node;
    std::string drain = "60s";
    std::string wait = "10s";
    bool standby = false;
};

/// The host's name with what cannot stand in a file's name replaced.
std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') {
        return "tdctl";
    }
    std::string text(name.data());
    for (char& c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        c = plain ? c : '-';
    }
    return text;
}

std::string check_duration(const std::string& text) {
    return parse_duration(text) ? "" : "'" + text + "' is no duration; write 45s, 10m or 3h";
}

std::string check_node(const std::string& text) {
    return runtime::is_node_name(text) ? "" : "'" + text + "' is no node: letters, digits, '.', '_' and '-', up to 64";
}

act declare(CLI::App& app) {
    const auto given = std::make_shared<options>();
    given->node = host_name();
    app.add_option("--node", given->node, "Whose journal it is; the host's name otherwise")
        ->check(check_node)
        ->capture_default_str();
    app.add_option("--drain", given->drain, "How long living calls may go on after SIGTERM")
        ->check(check_duration)
        ->capture_default_str();
    app.add_option("--wait", given->wait, "How long Asterisk may stay away at the start before exit 5")
        ->check(check_duration)
        ->capture_default_str();
    app.add_flag("--standby", given->standby, "Wait until the node's worker is gone, hangs or drains, then serve");
    return [given](context& with) {
        if (with.settings() == nullptr) {
            return exit_status::usage;
        }
        auto service =
            door_service::open(with, {given->node, *parse_duration(given->drain), *parse_duration(given->wait),
                                      given->standby ? patience_of::standby : patience_of::successor});
        return service ? (*service)->run() : with.complain(service.why());
    };
}

}  // namespace

verb serve_ari_verb() {
    return {"serve-ari", "Serve door calls on one Asterisk",
            "  tdctl serve-ari\n"
            "  tdctl --config /etc/tdctl/tdctl.toml serve-ari --node ast1 --drain 90s\n"
            "  curl -s http://127.0.0.1:9464/readyz\n",
            declare};
}

}  // namespace td::cmd
