#pragma once
// A door call as a script: facts in, the commands back in short words, so that a test reads like the story it tells.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"
#include "call/switchboard.hpp"

namespace td::test {

inline const call_id the_call = call_id::of(1'795'401'292'052, 7, 42);
inline const channel_id the_panel{"1795401292.0"};

/// One command in short words: dial:01=a22, drop:00/answered_elsewhere, push:ring(d21,d22), …
inline std::string in_words(const call::command& wish) {
    const auto leg = [](const leg_ref& l) {
        return std::string{static_cast<char>('0' + l.leg.value / 10), static_cast<char>('0' + l.leg.value % 10)};
    };
    const auto reason = [](call::hangup_reason why) { return std::string(call::name_of(why)); };
    return std::visit(
        overloaded{
            [](const call::sound& w) { return "sound:" + std::string(call::name_of(w.kind)); },
            [&](const call::dial& w) { return "dial:" + leg(w.leg) + "=" + w.account.text(); },
            [&](const call::call_out& w) {
                return "call:" + leg(w.leg) + "=" + w.target + (w.caller.empty() ? "" : "/" + w.caller) +
                       (w.way == call::call_way::plain ? "/plain" : "");
            },
            [](const call::find_site&) { return std::string("site?"); },
            [](const call::lend_number&) { return std::string("lend"); },
            [](const call::lend_from_notes&) { return std::string("notes"); },
            [](const call::map_number& w) { return "map:" + w.number.text(); },
            [](const call::return_number& w) { return "return:" + w.number.text(); },
            [](const call::check_number& w) { return "check:" + w.number.text(); },
            [](const call::finish_sos& w) {
                return "sos_record:" + std::string(call::name_of(w.record.how)) + "/" +
                       std::string(call::name_of(w.record.who));
            },
            [](const call::finish_callback& w) {
                return "callback_record:" + std::string(call::name_of(w.record.how)) + "/" +
                       std::string(call::name_of(w.record.who));
            },
            [](const call::alert& w) {
                std::string text = "alert(";
                for (const call::lack each : w.news.lacks) {
                    text += (text.back() == '(' ? "" : ",") + std::string(call::name_of(each));
                }
                return text + ")";
            },
            [](const call::make_bridge&) { return std::string("bridge"); },
            [](const call::answer_panel&) { return std::string("answer"); },
            [&](const call::join& w) { return "join:" + leg(w.leg); },
            [&](const call::drop_leg& w) { return "drop:" + leg(w.leg) + "/" + reason(w.reason); },
            [&](const call::drop_panel& w) { return "panel:" + reason(w.reason); },
            [](const call::give_back&) { return std::string("give_back"); },
            [](const call::remove_bridge&) { return std::string("unbridge"); },
            [](const call::send_keys& w) { return "keys:" + w.keys; },
            [](const call::drop_stray& w) { return "stray:" + w.channel.text(); },
            [](const call::remove_stray_bridge& w) { return "stray_bridge:" + std::string(w.bridge.text()); },
            [](const call::find_accounts& w) { return "find:" + w.flat.text(); },
            [](const call::push& w) {
                std::string text = "push:" + std::string(call::name_of(w.kind));
                if (w.kind == call::push_kind::ended) {
                    text += "/" + std::string(call::name_of(w.end));
                }
                text += "(";
                for (const auto& t : w.targets) {
                    text += (text.back() == '(' ? "" : ",") + t.device.text();
                }
                return text + ")";
            },
            [](const call::panel_taken&) { return std::string("taken"); },
            [](const call::panel_freed&) { return std::string("freed"); },
            [](const call::finish& w) {
                return "record:" + std::string(call::name_of(w.record.how)) + "/" +
                       std::string(call::name_of(w.record.who));
            },
        },
        wish);
}

/// One switchboard with one call in it; every act gives back what the machine asked for.
class call_script {
public:
    explicit call_script(call::door_rules rules = {}) : board_({std::move(rules), {}}) {}
    explicit call_script(call::sos_rules rules) : board_({{}, std::move(rules)}) {}

    std::string start(const std::string& flat = "12") {
        return feed(call::panel_arrived{the_call, the_panel, panel_id{"5001"}, flat_id{flat}, ""});
    }
    std::string start_sos(const std::string& panel = "5001") {
        return feed(call::sos_arrived{the_call, the_panel, panel_id{panel}, ""});
    }
    std::string start_callback(const std::string& panel = "5001", const std::string& number = "74950000001",
                               call::urgency how = call::urgency::normal) {
        return feed(call::callback_arrived{the_call, the_panel, panel_id{panel}, number_id{number}, "112", how, ""});
    }
    /// Time passes and its deadlines are served, then the fact comes.
    std::string after(duration wait, call::fact news) { return words_of(wait_until(now_ + wait), std::move(news)); }
    std::string feed(call::fact news) { return words_of({}, std::move(news)); }
    /// Time passes while nobody serves its deadlines.
    void skip(duration wait) { now_ += wait; }
    /// Time passes; what the deadlines asked for.
    std::string pass(duration wait) { return join_words(wait_until(now_ + wait)); }

    [[nodiscard]] const call::door_record& record() const { return records_.at(0); }
    [[nodiscard]] std::size_t records() const { return records_.size(); }
    [[nodiscard]] const call::sos_record& sos_record() const { return sos_records_.at(0); }
    [[nodiscard]] const call::callback_record& callback_record() const { return callback_records_.at(0); }
    [[nodiscard]] const std::vector<call::sos_alert>& alerts() const { return alerts_; }
    [[nodiscard]] call::switchboard& board() { return board_; }
    [[nodiscard]] instant now() const { return now_; }
    [[nodiscard]] const call::commands& last() const { return last_; }

private:
    call::commands wait_until(instant then) {
        call::commands out;
        while (board_.next_deadline() <= then) {
            now_ = board_.next_deadline();
            board_.advance(now_, out);
        }
        now_ = then;
        return out;
    }
    std::string words_of(call::commands out, call::fact news) {
        board_.step(now_, news, out);
        return join_words(std::move(out));
    }
    std::string join_words(call::commands out) {
        std::string text;
        for (const call::command& wish : out) {
            if (const auto* end = std::get_if<call::finish>(&wish)) {
                records_.push_back(end->record);
            } else if (const auto* sos = std::get_if<call::finish_sos>(&wish)) {
                sos_records_.push_back(sos->record);
            } else if (const auto* back = std::get_if<call::finish_callback>(&wish)) {
                callback_records_.push_back(back->record);
            } else if (const auto* told = std::get_if<call::alert>(&wish)) {
                alerts_.push_back(told->news);
            }
            text += (text.empty() ? "" : " ") + in_words(wish);
        }
        last_ = std::move(out);
        return text;
    }

    call::switchboard board_;
    instant now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
    std::vector<call::door_record> records_;
    std::vector<call::sos_record> sos_records_;
    std::vector<call::callback_record> callback_records_;
    std::vector<call::sos_alert> alerts_;
    call::commands last_;
};

// Facts in short words.

inline leg_ref leg(unsigned number) {
    return {the_call, leg_no{static_cast<std::uint8_t>(number)}};
}
/// Accounts a1 … aN with one phone each, d1 … dN.
inline call::accounts_found accounts(unsigned count) {
    call::flat_record flat;
    for (unsigned i = 1; i <= count; ++i) {
        flat.accounts.push_back({account_id{"a" + std::to_string(i)}, {{device_id{"d" + std::to_string(i)}, "ios"}}});
    }
    return {the_call, flat, call::crm_source::live, 5};
}
inline call::accounts_found flat_that(bool blocked, bool auto_open) {
    auto found = accounts(2);
    found.flat.blocked = blocked;
    found.flat.auto_open = auto_open;
    return found;
}
inline call::site_found site(call::crm_source source = call::crm_source::live) {
    call::site_record where;
    where.city = city_id{"c1"};
    where.address = "Lenina 1";
    return {the_call, where, source, 5};
}
inline call::sos_rules with_tries(unsigned most) {
    call::sos_rules rules;
    rules.most_tries = most;
    return rules;
}
inline call::sos_routes routes() {
    return {"r1", "r2", number_id{"74950000000"}};
}
inline call::number_lent lent(pool::lease_token token = 9, const std::string& number = "74950000001",
                              pool::lent_how how = pool::lent_how::rested) {
    return {the_call, token, number_id{number}, how, routes()};
}
inline call::number_refused none_lent(call::number_refused::why reason, call::sos_routes known = {}) {
    return {the_call, reason, std::move(known), "no number"};
}
inline call::number_mapped mapped() {
    return {the_call};
}
inline call::number_checked leads_to(const std::string& panel) {
    return {the_call, panel_id{panel}};
}
inline call::panel_described described() {
    return {the_call, "Lenina 1, entrance 2"};
}
inline call::leg_ringing ringing(unsigned number) {
    return {leg(number)};
}
inline call::leg_answered answered(unsigned number) {
    return {leg(number)};
}
inline call::leg_ended ended(unsigned number, int cause = 16, int sip = 0) {
    return {leg(number), cause, sip};
}
inline call::panel_left panel_gone() {
    return {the_panel};
}
inline call::pbx_did did(call::act what, unsigned number = 0) {
    return {the_call, what, leg(number).leg};
}
inline call::pbx_refused refused(call::act what, int status, unsigned number = 0) {
    return {the_call, what, leg(number).leg, status};
}

}  // namespace td::test
