#pragma once
// Everything that tdctl.toml(5) can say, as one struct with the built-in defaults. What a value may be is said in
// keys.cpp, where each member is bound to its key; what values may stand together is said in check.cpp.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/instant.hpp"
#include "call/rules.hpp"
#include "call/words.hpp"
#include "config/values.hpp"

namespace td::config {

enum class ari_transport : std::uint8_t {
    automatic,  ///< REST over the events WebSocket where Asterisk has it (20.14, 22.4 and newer), else HTTP
    http,
    websocket,
};
enum class fan_out : std::uint8_t {
    asterisk,  ///< a leg per account
    proxy,     ///< one leg, Kamailio forks
};
enum class location_form : std::uint8_t {
    none,
    header,  ///< a Geolocation header with a URI (RFC 6442)
    pidf,    ///< a PIDF-LO body (RFC 4119)
};
enum class log_level : std::uint8_t { error, warning, info, debug };
enum class log_format : std::uint8_t { text, json };

struct ari_settings {
    address url = address_of("http://127.0.0.1:8088");
    std::string user = "tdctl";
    secret_ref password{secret_ref::place::environment, "TDCTL_ARI_PASSWORD"};
    ari_transport transport = ari_transport::automatic;
    std::size_t connections = 16;  ///< HTTP connections; Asterisk's sessionlimit (100 by default) counts every one
    std::size_t queue = 10'000;    ///< requests that wait; beyond it a request counts as refused
};

struct door_settings {
    std::string app = "TdCallHandler";
    std::string dial = "PJSIP/{account}@kamailio";
    duration ring_limit = 45s;
    duration talk_limit = 120s;
    call::decline_rule on_decline = call::decline_rule::drop_leg;
    call::early_sound early = call::early_sound::ringing;
    duration late_dial = 1s;
    std::string open_dtmf = "1";
    fan_out spread = fan_out::asterisk;  ///< door.fan_out
    std::size_t max_calls = 5000;
    std::size_t max_accounts = 40;
};

struct sos_settings {
    std::string app = "TdCallSos";
    std::string dial = "PJSIP/{route}@gateway";
    std::string callback_dial = "PJSIP/{panel}@kamailio";
    duration window = 180min;
    duration guard = 60min;
    duration answer_limit = 60s;
    duration silence_limit = 12s;
    location_form location = location_form::none;
    std::string default_route = "112";
    std::string desk;  ///< empty: a callback that must not reach a panel is rejected
};

struct probe_settings {
    std::string app = "TdHandsetProbe";
    std::string dial = "PJSIP/kamailio/sip:{flat}@{panel}";
    duration ring = 0s;
    duration gap = 60s;
    std::size_t max_concurrent = 200;
    std::size_t rate = 40;  ///< probes begun in a second
    hours_of_day hours{10h, 20h};
};

struct crm_settings {
    address url = address_of("http://127.0.0.1:8080");  ///< or file:/path
    secret_ref token;
    duration timeout = 800ms;
    duration fresh = 10min;
    duration stale = std::chrono::days{7};
    std::size_t in_flight = 256;    ///< questions under way at the same time; beyond it they wait
    std::size_t entries = 200'000;  ///< flats and panels remembered; the one asked for longest ago is forgotten first
    std::string memory = "/var/lib/tdctl/crm-memory";  ///< the file of that memory; empty: not kept over a restart
};

struct push_settings {
    address url = address_of("http://127.0.0.1:8081");  ///< or none
    secret_ref token;
    duration timeout = 1s;
    duration repeat = 5s;
    std::size_t in_flight = 512;  ///< pushes under way at the same time; beyond it a push fails at once
};

struct pool_settings {
    address url = address_of("sqlite:/var/lib/tdctl/tdctl.db");  ///< or mysql://user@host:3306/td
    secret_ref password{secret_ref::place::environment, "TDCTL_POOL_PASSWORD"};
    duration timeout = 1s;
    std::size_t reserve = 2;                          ///< numbers a city that a worker keeps ready
    std::string notes = "/var/lib/tdctl/pool-notes";  ///< the worker's own memory of the pool; empty: none
};

struct callback_map_settings {
    address url = address_of("pool");  ///< or redis://host:6379/0
    secret_ref password;
};

struct panels_settings {
    address busy = address_of("pool");  ///< or redis://host:6379/0
    secret_ref password;
};

struct feed_settings {
    address url = address_of("none");  ///< or amqp://user@host:5672/vhost
    secret_ref password;
    std::string exchange = "td.calls";
    std::string spool = "/var/lib/tdctl/spool";
    byte_count spool_limit{std::uint64_t{1} << 30U};
};

struct journal_settings {
    std::string dir = "/var/lib/tdctl/journal";
    duration keep = std::chrono::days{30};
};

struct metrics_settings {
    address listen = address_of("127.0.0.1:9464");  ///< or none
};

struct log_settings {
    log_level level = log_level::info;
    log_format format = log_format::text;
};

struct settings {
    ari_settings ari;
    door_settings door;
    sos_settings sos;
    probe_settings probe;
    crm_settings crm;
    push_settings push;
    pool_settings pool;
    callback_map_settings callback_map;
    panels_settings panels;
    feed_settings feed;
    journal_settings journal;
    metrics_settings metrics;
    log_settings log;
};

/// The part that calls decide by.
[[nodiscard]] call::rules call_rules(const settings& from);

}  // namespace td::config
