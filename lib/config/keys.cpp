#include "config/keys.hpp"

#include <algorithm>

#include "config/binding.hpp"
#include "config/rules.hpp"

namespace td::config {
namespace {

constexpr duration day = std::chrono::days{1};

void add_ari(std::vector<key>& to) {
    using section = ari_settings;
    constexpr auto at = &settings::ari;
    to.push_back(address_key<section>({"ari", "url", "Asterisk's HTTP server"}, {at, &section::url}, rules::asterisk));
    to.push_back(text_key<section>({"ari", "user", "The user of ari.conf"}, {at, &section::user}, rules::user));
    to.push_back(secret_key<section>({"ari", "password", "The password of that user"}, {at, &section::password}));
    to.push_back(choice_key<section, ari_transport>(
        {"ari", "transport",
         "How requests travel: over HTTP, over the events WebSocket, or the better that Asterisk has"},
        {at, &section::transport},
        {{"auto", ari_transport::automatic}, {"http", ari_transport::http}, {"websocket", ari_transport::websocket}}));
    to.push_back(number_key<section>({"ari", "connections", "HTTP connections to Asterisk, at most"},
                                     {at, &section::connections}, {1, 90}));
    to.push_back(number_key<section>({"ari", "queue", "Requests that may wait for Asterisk"}, {at, &section::queue},
                                     {100, 1'000'000}));
}

void add_door(std::vector<key>& to) {
    using section = door_settings;
    constexpr auto at = &settings::door;
    to.push_back(
        text_key<section>({"door", "app", "The Stasis application of door calls"}, {at, &section::app}, rules::app));
    to.push_back(
        text_key<section>({"door", "dial", "How an account is dialled"}, {at, &section::dial}, rules::dial_account));
    to.push_back(duration_key<section>({"door", "ring_limit", "How long phones ring before the call is missed"},
                                       {at, &section::ring_limit}, {1s, 10min}));
    to.push_back(duration_key<section>({"door", "talk_limit", "How long visitor and resident may talk"},
                                       {at, &section::talk_limit}, {1s, 60min}));
    to.push_back(choice_key<section, call::decline_rule>(
        {"door", "on_decline", "What a resident's decline does"}, {at, &section::on_decline},
        {{"drop_leg", call::decline_rule::drop_leg}, {"end_call", call::decline_rule::end_call}}));
    to.push_back(choice_key<section, call::early_sound>(
        {"door", "early", "What the panel hears before somebody answers"}, {at, &section::early},
        {{"none", call::early_sound::none},
         {"ringing", call::early_sound::ringing},
         {"progress", call::early_sound::progress}}));
    to.push_back(duration_key<section>({"door", "late_dial", "How often a phone that was unreachable is dialled again"},
                                       {at, &section::late_dial}, {100ms, 60s}));
    to.push_back(text_key<section>({"door", "open_dtmf", "The key, or keys, that open the door"},
                                   {at, &section::open_dtmf}, rules::keys));
    to.push_back(choice_key<section, fan_out>(
        {"door", "fan_out", "Who forks: a leg per account, or one leg and the proxy"}, {at, &section::spread},
        {{"asterisk", fan_out::asterisk}, {"proxy", fan_out::proxy}}));
    to.push_back(number_key<section>({"door", "max_calls", "Calls at the same time; beyond it a panel hears busy"},
                                     {at, &section::max_calls}, {1, 100'000}));
    to.push_back(
        number_key<section>({"door", "max_accounts", "Accounts of a flat that are rung; further ones get the push"},
                            {at, &section::max_accounts}, {1, 80}));
}

void add_sos(std::vector<key>& to) {
    using section = sos_settings;
    constexpr auto at = &settings::sos;
    to.push_back(text_key<section>({"sos", "app", "The Stasis application of emergency calls"}, {at, &section::app},
                                   rules::app));
    to.push_back(text_key<section>({"sos", "dial", "How the emergency service is dialled"}, {at, &section::dial},
                                   rules::dial_route));
    to.push_back(text_key<section>({"sos", "callback_dial", "How a panel is dialled when the service calls back"},
                                   {at, &section::callback_dial}, rules::dial_panel));
    to.push_back(duration_key<section>({"sos", "window", "How long after a call its number leads back to its panel"},
                                       {at, &section::window}, {1s, 30 * day}));
    to.push_back(duration_key<section>({"sos", "guard", "How long after that the number is lent to nobody"},
                                       {at, &section::guard}, {0s, 30 * day}));
    to.push_back(duration_key<section>({"sos", "answer_limit", "How long the service may take to answer"},
                                       {at, &section::answer_limit}, {1s, 10min}));
    to.push_back(duration_key<section>({"sos", "silence_limit", "How long an attempt may go on without ringing"},
                                       {at, &section::silence_limit}, {1s, 10min}));
    to.push_back(choice_key<section, location_form>(
        {"sos", "location", "How the panel's place goes with the call"}, {at, &section::location},
        {{"none", location_form::none}, {"header", location_form::header}, {"pidf", location_form::pidf}}));
    to.push_back(
        text_key<section>({"sos", "default_route", "The route of a city that has none, and when all else fails"},
                          {at, &section::default_route}, rules::route));
    to.push_back(
        text_key<section>({"sos", "desk", "Where a callback goes that must not reach a panel; empty: it is rejected"},
                          {at, &section::desk}, rules::route_or_nothing));
}

void add_probe(std::vector<key>& to) {
    using section = probe_settings;
    constexpr auto at = &settings::probe;
    to.push_back(text_key<section>({"probe", "app", "The Stasis application of handset probes"}, {at, &section::app},
                                   rules::app));
    to.push_back(
        text_key<section>({"probe", "dial", "How a handset is dialled"}, {at, &section::dial}, rules::dial_handset));
    to.push_back(duration_key<section>({"probe", "ring", "How long a handset rings; 0s: the test ends before it rings"},
                                       {at, &section::ring}, {0s, 60s}));
    to.push_back(duration_key<section>({"probe", "gap", "The pause between two probes of one panel"},
                                       {at, &section::gap}, {1s, day}));
    to.push_back(number_key<section>({"probe", "max_concurrent", "Probes at the same time"},
                                     {at, &section::max_concurrent}, {1, 10'000}));
    to.push_back(number_key<section>({"probe", "rate", "Probes begun in a second"}, {at, &section::rate}, {1, 1000}));
    to.push_back({"probe", "hours", key_kind::text, "a part of the day such as 10:00-20:00",
                  "When handsets may be tested, by the clock at the panel",
                  [](settings& into, const std::string& text) {
                      const auto hours = parse_hours(text);
                      into.probe.hours = hours.value_or(into.probe.hours);
                      return std::string(hours ? "" : "it is not such a part of the day");
                  },
                  [](const settings& from) { return text_of(from.probe.hours); }});
}

void add_crm_and_push(std::vector<key>& to) {
    using crm = crm_settings;
    constexpr auto at_crm = &settings::crm;
    to.push_back(
        address_key<crm>({"crm", "url", "The CRM, or a file of flats"}, {at_crm, &crm::url}, rules::http_or_file));
    to.push_back(secret_key<crm>({"crm", "token", "The bearer token for the CRM"}, {at_crm, &crm::token}));
    to.push_back(duration_key<crm>({"crm", "timeout", "How long a call waits for the CRM"}, {at_crm, &crm::timeout},
                                   {50ms, 30s}));
    to.push_back(duration_key<crm>({"crm", "fresh", "How long an answer is used without asking again"},
                                   {at_crm, &crm::fresh}, {0s, 7 * day}));
    to.push_back(duration_key<crm>({"crm", "stale", "How long an answer is used while the CRM fails"},
                                   {at_crm, &crm::stale}, {0s, 365 * day}));
    to.push_back(number_key<crm>({"crm", "in_flight", "Questions under way at the same time"},
                                 {at_crm, &crm::in_flight}, {1, 2000}));
    to.push_back(number_key<crm>({"crm", "entries", "Flats and panels whose answers are remembered"},
                                 {at_crm, &crm::entries}, {1, 10'000'000}));
    to.push_back(text_key<crm>({"crm", "memory", "The file that keeps them over a restart; empty: none"},
                               {at_crm, &crm::memory}, rules::file_or_nothing));
    using push = push_settings;
    constexpr auto at_push = &settings::push;
    to.push_back(address_key<push>({"push", "url", "The push server"}, {at_push, &push::url}, rules::http_or_none));
    to.push_back(secret_key<push>({"push", "token", "The bearer token for the push server"}, {at_push, &push::token}));
    to.push_back(
        duration_key<push>({"push", "timeout", "How long one push may take"}, {at_push, &push::timeout}, {50ms, 30s}));
    to.push_back(
        duration_key<push>({"push", "repeat", "How often a phone that neither rings nor registers is pushed again"},
                           {at_push, &push::repeat}, {1s, 60s}));
    to.push_back(number_key<push>({"push", "in_flight", "Pushes under way at the same time"},
                                  {at_push, &push::in_flight}, {1, 5000}));
}

void add_stores(std::vector<key>& to) {
    to.push_back(address_key<pool_settings>({"pool", "url", "Where numbers, leases and probe results are kept"},
                                            {&settings::pool, &pool_settings::url}, rules::database));
    to.push_back(secret_key<pool_settings>({"pool", "password", "The password of the database's user"},
                                           {&settings::pool, &pool_settings::password}));
    to.push_back(
        duration_key<pool_settings>({"pool", "timeout", "How long the store may take before it counts as down"},
                                    {&settings::pool, &pool_settings::timeout}, {100ms, 30s}));
    to.push_back(
        number_key<pool_settings>({"pool", "reserve", "Numbers a city kept ready for a night without the store"},
                                  {&settings::pool, &pool_settings::reserve}, {0, 100}));
    to.push_back(text_key<pool_settings>({"pool", "notes", "The file in which a worker keeps its notes of the pool"},
                                         {&settings::pool, &pool_settings::notes}, rules::file_or_nothing));
    to.push_back(address_key<callback_map_settings>(
        {"callback_map", "url", "Where number and panel stand for Kamailio"},
        {&settings::callback_map, &callback_map_settings::url}, rules::pool_or_redis));
    to.push_back(secret_key<callback_map_settings>({"callback_map", "password", "The password of that Redis"},
                                                   {&settings::callback_map, &callback_map_settings::password}));
    to.push_back(address_key<panels_settings>({"panels", "busy", "Where calls in progress are published"},
                                              {&settings::panels, &panels_settings::busy}, rules::pool_or_redis));
    to.push_back(secret_key<panels_settings>({"panels", "password", "The password of that Redis"},
                                             {&settings::panels, &panels_settings::password}));
    using feed = feed_settings;
    constexpr auto at = &settings::feed;
    to.push_back(address_key<feed>({"feed", "url", "RabbitMQ, for the finished-call records"}, {at, &feed::url},
                                   rules::amqp_or_none));
    to.push_back(secret_key<feed>({"feed", "password", "The password of the broker's user"}, {at, &feed::password}));
    to.push_back(text_key<feed>({"feed", "exchange", "The topic exchange"}, {at, &feed::exchange}, rules::exchange));
    to.push_back(text_key<feed>({"feed", "spool", "Where records wait that the broker has not confirmed"},
                                {at, &feed::spool}, rules::directory));
    to.push_back({"feed", "spool_limit", key_kind::text, "a size from 1MiB to 1TiB, written as 512MiB or 1GiB",
                  "How large the spool may grow",
                  [](settings& into, const std::string& text) {
                      const auto size = parse_byte_count(text);
                      constexpr std::uint64_t least = std::uint64_t{1} << 20U;
                      constexpr std::uint64_t most = std::uint64_t{1} << 40U;
                      if (!size || size->bytes < least || size->bytes > most) {
                          return std::string(size ? "it is not from 1MiB to 1TiB" : "it is not a size");
                      }
                      into.feed.spool_limit = *size;
                      return std::string();
                  },
                  [](const settings& from) { return text_of(from.feed.spool_limit); }});
}

void add_the_rest(std::vector<key>& to) {
    using journal = journal_settings;
    to.push_back(text_key<journal>({"journal", "dir", "Where the journal is written"},
                                   {&settings::journal, &journal::dir}, rules::directory));
    to.push_back(duration_key<journal>({"journal", "keep", "How long its files are kept"},
                                       {&settings::journal, &journal::keep}, {60min, 3650 * day}));
    to.push_back(address_key<metrics_settings>({"metrics", "listen", "Where /metrics, /healthz and /readyz are served"},
                                               {&settings::metrics, &metrics_settings::listen},
                                               rules::listener_or_none));
    to.push_back(choice_key<log_settings, log_level>({"log", "level", "What is logged"},
                                                     {&settings::log, &log_settings::level},
                                                     {{"error", log_level::error},
                                                      {"warning", log_level::warning},
                                                      {"info", log_level::info},
                                                      {"debug", log_level::debug}}));
    to.push_back(choice_key<log_settings, log_format>({"log", "format", "The form of a log line"},
                                                      {&settings::log, &log_settings::format},
                                                      {{"text", log_format::text}, {"json", log_format::json}}));
}

}  // namespace

std::string key::variable() const {
    std::string made = "TDCTL_" + std::string(section) + "_" + std::string(name);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return made;
}

std::vector<key> keys() {
    std::vector<key> all;
    add_ari(all);
    add_door(all);
    add_sos(all);
    add_probe(all);
    add_crm_and_push(all);
    add_stores(all);
    add_the_rest(all);
    return all;
}

}  // namespace td::config
