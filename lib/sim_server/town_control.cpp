// The control interface of the town, under /sim on Asterisk's port: whoever tries a worker by hand plays visitor,
// resident and misfortune by curl.

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim_server/town.hpp"

namespace td::sim_server {
namespace {

using json = nlohmann::ordered_json;

http_reply said(unsigned status, const json& body) {
    http_reply reply;
    reply.status = status;
    reply.body = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    return reply;
}

http_reply complaint(unsigned status, std::string_view words) {
    return said(status, {{"message", words}});
}

http_reply nothing_to_add() {
    return {.status = 204};
}

std::string text_of(const parameters& with, std::string_view name) {
    const std::string* found = find(with, name);
    return found == nullptr ? std::string() : *found;
}

std::string_view name_of(sim::phone_habit habit) {
    switch (habit) {
        case sim::phone_habit::answers: return "answers";
        case sim::phone_habit::declines: return "declines";
        case sim::phone_habit::busy: return "busy";
        case sim::phone_habit::never_answers: return "never_answers";
        case sim::phone_habit::silent: return "silent";
        case sim::phone_habit::progresses: return "progresses";
        case sim::phone_habit::no_contact: return "no_contact";
    }
    return {};
}

std::string_view name_of(sim::phone_sleep sleep) {
    switch (sleep) {
        case sim::phone_sleep::awake: return "awake";
        case sim::phone_sleep::refused_404: return "refused_404";
        case sim::phone_sleep::refused_480: return "refused_480";
        case sim::phone_sleep::held: return "held";
    }
    return {};
}

/// Reads one of `all` by its name; what was there stays when the parameter is missing. False when there is no such
/// word.
template <class Word, std::size_t Count>
bool read_word(const parameters& with, std::string_view name, const std::array<Word, Count>& all, Word& into) {
    const std::string* text = find(with, name);
    if (text == nullptr) {
        return true;
    }
    for (const Word each : all) {
        if (name_of(each) == *text) {
            into = each;
            return true;
        }
    }
    return false;
}

bool read_duration(const parameters& with, std::string_view name, duration& into) {
    const std::string* text = find(with, name);
    const std::optional<duration> read = text == nullptr ? into : parse_duration(*text);
    into = read.value_or(into);
    return read.has_value();
}

result<sim::phone> phone_of(const parameters& with) {
    constexpr std::array habits{sim::phone_habit::answers,   sim::phone_habit::declines,
                                sim::phone_habit::busy,      sim::phone_habit::never_answers,
                                sim::phone_habit::silent,    sim::phone_habit::progresses,
                                sim::phone_habit::no_contact};
    constexpr std::array sleeps{sim::phone_sleep::awake, sim::phone_sleep::refused_404, sim::phone_sleep::refused_480,
                                sim::phone_sleep::held};
    sim::phone made;
    if (!read_word(with, "habit", habits, made.habit)) {
        return failure{failure_kind::bad_input,
                       "habit is answers, declines, busy, never_answers, silent, progresses or no_contact"};
    }
    if (!read_word(with, "sleep", sleeps, made.sleep)) {
        return failure{failure_kind::bad_input, "sleep is awake, refused_404, refused_480 or held"};
    }
    if (!read_duration(with, "rings_after", made.rings_after) || !read_duration(with, "acts_after", made.acts_after) ||
        !read_duration(with, "hangs_up_after", made.hangs_up_after)) {
        return failure{failure_kind::bad_input,
                       "rings_after, acts_after and hangs_up_after are durations, as 1500ms or 3s"};
    }
    const std::string keys = text_of(with, "presses");
    for (std::size_t i = 0; i < keys.size(); ++i) {
        made.presses.push_back({1s * static_cast<int>(i + 1), keys[i]});
    }
    return made;
}

}  // namespace

std::string_view control_words() {
    return R"(The control interface, on Asterisk's port (durations as 1500ms or 3s):
  POST /sim/panels/PANEL/call?flat=12[&hangs_up_after=D]   a visitor calls a flat
  POST /sim/panels/PANEL/hangup                            the visitor leaves
  POST /sim/panels/PANEL/press?key=1                       the visitor presses a key
  PUT  /sim/flats/PANEL/FLAT?accounts=A,B[&blocked=yes][&auto_open=yes]
                                                           who lives there, as the CRM says
  PUT  /sim/phones/ACCOUNT?habit=H[&sleep=S][&rings_after=D][&acts_after=D][&hangs_up_after=D][&presses=KEYS]
       H: answers, declines, busy, never_answers, silent, no_contact
       S: awake, refused_404, refused_480, held (until a push or a wake)
  POST /sim/phones/ACCOUNT/wake                            the phone registers
  PUT  /sim/crm?mood=M[&panel=P&flat=F]   PUT /sim/push?mood=M
       M: well, slow, hangs, fails, denies, broken_json, torn, cut
  POST /sim/asterisk/cut | silence | restart               the events line is lost, goes dead; Asterisk starts again
  GET  /sim/state                                          what Asterisk holds, and how much was asked
)";
}

std::optional<http_reply> town::control(const http_request& request) {
    const std::vector<std::string> parts = segments_of(request.path);
    if (parts.front() != "sim" || parts.size() < 2) {
        return std::nullopt;
    }
    const parameters with = parameters_of(request.query);
    const std::string& what = parts[1];
    const bool post = request.method == "POST";
    const bool put = request.method == "PUT";
    if (what == "state" && parts.size() == 2 && request.method == "GET") {
        return state();
    }
    if (what == "panels" && parts.size() == 4 && post) {
        return control_panel(parts[2], parts[3], with);
    }
    if (what == "phones" && ((parts.size() == 4 && post) || (parts.size() == 3 && put))) {
        return control_phone(parts[2], put ? std::string() : parts[3], with);
    }
    if (what == "flats" && parts.size() == 4 && put) {
        return control_flat(parts[2], parts[3], with);
    }
    if ((what == "crm" || what == "push") && parts.size() == 2 && put) {
        return control_mood(what, with);
    }
    if (what == "asterisk" && parts.size() == 3 && post) {
        return control_asterisk(parts[2]);
    }
    return complaint(404, "there is no such thing under /sim; tdctl load-test serve --help lists what there is");
}

http_reply town::control_panel(const std::string& panel, const std::string& what, const parameters& with) {
    const panel_id at(panel);
    if (what == "call") {
        duration leaves_after{};
        if (text_of(with, "flat").empty() || !read_duration(with, "hangs_up_after", leaves_after)) {
            return complaint(400, "say ?flat=NUMBER and perhaps &hangs_up_after=10s");
        }
        const std::optional<std::string> channel = call(at, flat_id(text_of(with, "flat")));
        if (!channel) {
            return complaint(409, "the panel is in a call already");
        }
        if (leaves_after > duration::zero()) {
            on_.at(on_.now() + leaves_after, [this, life = std::weak_ptr<char>(alive_), at, channel] {
                const auto still = life.expired() ? busy_.end() : busy_.find(at);
                if (!life.expired() && still != busy_.end() && still->second == *channel) {
                    hang_up(at);
                }
            });
        }
        return said(200, {{"channel", *channel}});
    }
    if (what == "hangup") {
        return hang_up(at) ? nothing_to_add() : complaint(404, "the panel is in no call");
    }
    if (what == "press") {
        const std::string key = text_of(with, "key");
        if (key.size() != 1) {
            return complaint(400, "say ?key= and one key");
        }
        return press(at, key.front()) ? nothing_to_add() : complaint(404, "the panel is in no call");
    }
    return complaint(404, "a panel can call, hangup and press");
}

http_reply town::control_phone(const std::string& account, const std::string& what, const parameters& with) {
    if (what == "wake") {
        wake(account_id(account));
        return nothing_to_add();
    }
    if (!what.empty()) {
        return complaint(404, "a phone can wake");
    }
    const result<sim::phone> phone = phone_of(with);
    if (!phone) {
        return complaint(400, phone.why().text);
    }
    put_phone(account_id(account), *phone);
    return nothing_to_add();
}

http_reply town::control_flat(const std::string& panel, const std::string& flat, const parameters& with) {
    call::flat_record record;
    record.blocked = text_of(with, "blocked") == "yes";
    record.auto_open = text_of(with, "auto_open") == "yes";
    std::istringstream accounts(text_of(with, "accounts"));
    for (std::string name; std::getline(accounts, name, ',');) {
        record.accounts.push_back({account_id(name), {{device_id("phone-" + name), "android"}}});
    }
    put_flat(panel_id(panel), flat_id(flat), record);
    return nothing_to_add();
}

http_reply town::control_mood(const std::string& server, const parameters& with) {
    const std::optional<mood> wanted = mood_of(text_of(with, "mood"));
    if (!wanted) {
        return complaint(400, "mood is well, slow, hangs, fails, denies, broken_json, torn or cut");
    }
    const std::string flat = text_of(with, "flat");
    if (server == "push") {
        push_.feel(*wanted);
    } else if (flat.empty()) {
        crm_.feel(*wanted);
    } else {
        crm_.feel(panel_id(text_of(with, "panel")), flat_id(flat), *wanted);
    }
    return nothing_to_add();
}

http_reply town::control_asterisk(const std::string& what) {
    const bool cut = what == "cut";
    const bool restart = what == "restart";
    if (what == "silence") {
        ari_.silence_sockets();
        return nothing_to_add();
    }
    if (!cut && !restart) {
        return complaint(404, "Asterisk can be cut, silence and restart");
    }
    // After the reply is out: the cut may be that of the very connection that asked for it.
    on_.at(on_.now() + 20ms, [this, life = std::weak_ptr<char>(alive_), cut] {
        if (life.expired()) {
            return;
        }
        if (cut) {
            ari_.cut_sockets();
        } else {
            ari_.restart();
        }
    });
    return nothing_to_add();
}

http_reply town::state() const {
    json channels = json::array();
    for (const sim::channel_snapshot& each : model_.channels()) {
        channels.push_back({{"id", each.id}, {"state", sim::name_of(each.state)}});
    }
    json bridges = json::array();
    for (const sim::bridge_snapshot& each : model_.bridges()) {
        bridges.push_back({{"id", each.id}, {"channels", each.channels}});
    }
    const ari_counts& asked = ari_.counts();
    return said(200, {{"channels", std::move(channels)},
                      {"bridges", std::move(bridges)},
                      {"panels_busy", busy_.size()},
                      {"sockets", ari_.sockets()},
                      {"http_requests", asked.http_requests},
                      {"socket_requests", asked.socket_requests},
                      {"refused", asked.refused},
                      {"events", asked.events},
                      {"event_bytes", asked.event_bytes},
                      {"crm_panels", crm_.counts().panels},
                      {"crm_flats", crm_.counts().flats},
                      {"push_requests", push_.counts().requests},
                      {"push_accepted", push_.counts().accepted}});
}

}  // namespace td::sim_server
