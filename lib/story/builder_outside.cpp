// What the world around Asterisk says: the CRM, the push server, the pool; and what happens to the worker itself.

#include <algorithm>
#include <utility>

#include "story/builder.hpp"
#include "story/words.hpp"

namespace td::story {
namespace {

constexpr lane worker{lane::part::worker};
constexpr lane crm{lane::part::crm};
constexpr lane pool{lane::part::pool};
constexpr lane push_server{lane::part::push};
constexpr lane callback_map{lane::part::callback_map};
constexpr auto bad = step::tone::bad;
constexpr auto quiet = step::tone::quiet;

std::string words_of_source(call::crm_source source) {
    return source == call::crm_source::live ? "" : " (" + std::string(words_of(source)) + ")";
}

std::string words_of_flat(const call::flat_record& flat, std::size_t accounts) {
    return flat.blocked            ? "the flat is blocked"
           : flat.auto_open        ? "the door opens by itself"
           : flat.accounts.empty() ? "nobody lives there"
                                   : count_text(accounts, "account", "accounts");
}

std::string words_of_line(call::line which) {
    return which == call::line::door ? "the line to Asterisk" : "the emergency line to Asterisk";
}

}  // namespace

// ---- the CRM

void builder::on(const call::find_accounts& wish) {
    const bool again = story_.crm.asked_at != never;
    story_.crm.asked_at = std::min(story_.crm.asked_at, now_);
    story_.crm.said = story_.crm.said == crm_story::answer::not_asked ? crm_story::answer::silent : story_.crm.said;
    say(worker, {crm}, (again ? "once more: who lives in flat " : "who lives in flat ") + wish.flat.text() + '?');
}

void builder::on(const call::accounts_found& news) {
    if (story_.crm.said == crm_story::answer::found || story_.over_at != never) {
        return;  // it came too late to count
    }
    story_.crm.said = crm_story::answer::found;
    story_.crm.answered_at = now_;
    story_.crm.source = news.source;
    story_.crm.blocked = news.flat.blocked;
    story_.crm.auto_open = news.flat.auto_open;
    phones_.found(news.flat);
    say(crm, {worker}, words_of_flat(news.flat, phones_.all().size()) + words_of_source(news.source),
        news.source == call::crm_source::stale ? bad : step::tone::plain);
}

void builder::on(const call::flat_unknown& news) {
    story_.crm.said = crm_story::answer::unknown;
    story_.crm.answered_at = now_;
    story_.crm.source = news.source;
    say(crm, {worker}, "no such flat" + words_of_source(news.source), bad);
}

void builder::on(const call::crm_failed& news) {
    story_.crm.said = crm_story::answer::failed;
    story_.crm.answered_at = now_;
    story_.crm.reason = news.reason;
    say(crm, {worker}, "fails: " + news.reason, bad);
}

void builder::on(const call::find_site&) {
    story_.crm.asked_at = std::min(story_.crm.asked_at, now_);
    story_.crm.said = story_.crm.said == crm_story::answer::not_asked ? crm_story::answer::silent : story_.crm.said;
    say(worker, {crm}, "where does the panel stand?");
}

void builder::on(const call::site_found& news) {
    const bool better = !story_.crm.site_known || news.source != call::crm_source::stale;
    if (!better) {
        return;
    }
    story_.crm.site_known = true;
    story_.crm.said = crm_story::answer::found;
    story_.crm.answered_at = now_;
    story_.crm.source = news.source;
    story_.crm.site = news.site;
    const std::string where = news.site.address.empty() ? news.site.city_name : news.site.address;
    say(crm, {worker}, (where.empty() ? "the site" : where) + words_of_source(news.source));
}

void builder::on(const call::site_missing& news) {
    if (!story_.crm.site_known) {
        story_.crm.said = crm_story::answer::failed;
        story_.crm.answered_at = now_;
        story_.crm.reason = news.reason;
    }
    say(crm, {worker}, "no site: " + news.reason, bad);
}

// ---- the push server

void builder::on(const call::push& wish) {
    if (wish.kind == call::push_kind::ended) {
        say(worker, {push_server},
            "tells " + count_text(wish.targets.size(), "device", "devices") + ": " + std::string(name_of(wish.end)),
            quiet);
        return;
    }
    phones_.pushed(now_, wish);
    if (!ring_pushed_) {
        ring_pushed_ = true;
        say(worker, {push_server}, "wake " + count_text(wish.targets.size(), "device", "devices"));
    } else {
        ++pushes_.count;
        pushes_.last = now_;
    }
}

void builder::on(const call::push_answered& news) {
    if (news.kind != call::push_kind::ring) {
        return;
    }
    const bool first = !std::exchange(push_accepted_, true);
    phones_.answered(now_, news);
    if (!news.rejected.empty()) {
        const auto& one = news.rejected.front();
        say(push_server, {worker},
            news.rejected.size() == 1
                ? "device " + one.device.text() + " not accepted: " + one.reason
                : count_text(news.rejected.size(), "device", "devices") + " not accepted: " + one.reason,
            bad);
    } else if (first) {
        say(push_server, {worker}, "accepted");
    }
}

void builder::on(const call::push_failed& news) {
    if (news.kind == call::push_kind::ring) {
        phones_.failed(now_, news);
        say(push_server, {worker}, "fails: " + news.reason, bad);
    }
}

void builder::on(const call::account_registered& news) {
    phone_story* phone = phones_.of(news.account);
    if (phone == nullptr || story_.over_at != never) {
        return;  // of nobody here, or nobody is to be woken any more
    }
    phone->registered.push_back(now_);
    if (phone->registered.size() == 1) {
        say(phone_lane(*phone), {worker}, "registers");
    }
}

// ---- the pool and the callback map

void builder::on(const call::lend_number&) {
    say(worker, {pool}, "lend a number");
}

void builder::on(const call::lend_from_notes&) {
    story_.number.from_notes = true;
    say(worker, {}, "the pool's store is silent or fails: the worker's own notes are asked", bad);
}

void builder::on(const call::number_lent& news) {
    if (!story_.number.number.empty() || story_.over_at != never) {
        say(pool, {worker}, "number " + news.number.text() + ", too late: it goes back", quiet);
        return;
    }
    story_.number.number = news.number;
    story_.number.lent = news.how;
    story_.number.refused.clear();
    say(pool, {worker}, "number " + news.number.text() + " (" + std::string(words_of(news.how)) + ")");
}

void builder::on(const call::number_refused& news) {
    if (story_.number.number.empty()) {
        story_.number.refused = news.text.empty() ? std::string(name_of(news.reason)) : news.text;
    }
    say(pool, {worker}, "no number: " + std::string(name_of(news.reason)), bad);
}

void builder::on(const call::map_number& wish) {
    story_.number.mapped = number_story::map::silent;
    say(worker, {callback_map}, "callbacks to " + wish.number.text() + " find panel " + wish.panel.text());
}

void builder::on(const call::number_mapped&) {
    story_.number.mapped = number_story::map::done;
    say(callback_map, {worker}, "done");
}

void builder::on(const call::map_failed& news) {
    story_.number.mapped = number_story::map::failed;
    story_.number.map_reason = news.reason;
    say(callback_map, {worker}, "fails: " + news.reason, bad);
}

void builder::on(const call::return_number& wish) {
    if (wish.number == story_.number.number && story_.number.returned_at == never) {
        story_.number.returned_at = wish.at;
        say(worker, {pool}, "the callback window of " + wish.number.text() + " begins", quiet);
    }
}

void builder::on(const call::check_number& wish) {
    say(worker, {pool}, "to whom does " + wish.number.text() + " lead?");
}

void builder::on(const call::number_checked& news) {
    story_.panel = news.panel;
    say(pool, {worker}, news.panel.empty() ? "to nobody" : "to panel " + news.panel.text(),
        news.panel.empty() ? bad : step::tone::plain);
}

void builder::on(const call::check_failed& news) {
    say(pool, {worker}, "fails: " + news.reason, bad);
}

void builder::on(const call::call_out& wish) {
    if (story_.beginning_missing && story_.kind == call_kind::unknown) {
        story_.kind = wish.whom == call::callee::operator_route ? call_kind::sos : call_kind::callback;
    }
    try_story& made = story_.tries.emplace_back();
    made.whom = wish.whom;
    made.way = wish.way;
    made.target = wish.target;
    made.caller = wish.caller;
    made.leg.leg = wish.leg.leg;
    made.leg.dialled_at = now_;
    winner_.reset();
    joined_ = false;
    story_.answered_at = never;
    const std::string whom = wish.whom == call::callee::operator_route ? "route "
                             : wish.whom == call::callee::desk         ? "the desk, "
                                                                       : "panel ";
    say(worker, {callee_lane()}, "calls " + whom + wish.target + (wish.caller.empty() ? "" : " as " + wish.caller));
}

void builder::on(const call::alert& wish) {
    story_.alerts.push_back(wish.news);
    say(worker, {},
        "alert: it had to do without " +
            list_text(wish.news.lacks, [](call::lack each) { return std::string(words_of(each)); }),
        bad);
}

// ---- Asterisk's refusals, the line, the worker

void builder::on(const call::pbx_refused& news) {
    constexpr int gone = 404;
    switch (news.what) {
        case call::act::dial: dial_refused(news); return;
        case call::act::drop_leg:
            if (news.status == gone) {
                attempt* tried = try_of(news.leg);
                attempt* leg = tried != nullptr ? tried : phones_.at(now_, news.leg).leg;
                leg->ended_at = std::min(leg->ended_at, now_);
            }
            return;
        case call::act::drop_panel:
        case call::act::give_back:
        case call::act::remove_bridge:
        case call::act::sound: return;
        case call::act::bridge:
        case call::act::answer:
        case call::act::join:
        case call::act::send_keys:
            say(worker, {},
                "Asterisk refuses to " + std::string(name_of(news.what)) + ": " +
                    (news.status == 0 ? "no reply" : "HTTP " + std::to_string(news.status)),
                bad);
    }
}

void builder::dial_refused(const call::pbx_refused& news) {
    const std::string words =
        "Asterisk makes no leg: " + (news.status == 0 ? "no reply" : "HTTP " + std::to_string(news.status));
    if (attempt* tried = try_of(news.leg)) {
        tried->refused = news.status;
        try_ended(*tried, words);
        return;
    }
    const auto at = phones_.at(now_, news.leg);
    if (at.leg->ended_at != never || at.leg->rang_at != never || at.leg->answered_at != never) {
        return;  // only the reply was lost
    }
    at.leg->refused = news.status;
    at.leg->ended_at = now_;
    if (const auto again = redials_.find(at.phone->number); again != redials_.end()) {
        again->second.end = words;
    } else {
        say(phone_lane(*at.phone), {worker}, words, bad);
    }
}

void builder::on(const call::pbx_line_lost& news) {
    if ((news.which == call::line::door) != (story_.kind == call_kind::door) || story_.over_at != never) {
        return;
    }
    line_lost_at_ = now_;
    say(worker, {}, words_of_line(news.which) + " is cut", bad);
}

void builder::on(const call::pbx_seen& news) {
    if (line_lost_at_ != never && (news.which == call::line::door) == (story_.kind == call_kind::door)) {
        const std::string gap = length_text(now_ - line_lost_at_);
        say(worker, {}, words_of_line(news.which) + " is back after " + gap);
        story_.remarks.push_back(
            "It crossed a cut of " + words_of_line(news.which) + ", " + gap +
            " long: what happened meanwhile is known only as far as Asterisk showed it afterwards.");
        line_lost_at_ = never;
    }
    for (const call::pbx_seen::channel& each : news.channels) {
        const auto leg = leg_of_channel(each.name.text());
        if (!leg || leg->call != story_.call) {
            continue;
        }
        if (each.state == call::pbx_seen::condition::up) {
            leg_answers(leg->leg);
        } else if (each.state == call::pbx_seen::condition::ringing) {
            on(call::leg_ringing{*leg});
        }
    }
    learn_of_join(news);
}

void builder::on(const call::memory_recalled&) {
    say(worker, {}, "another process goes on with the call, from the journal", bad);
    story_.remarks.emplace_back("It crossed the end of a worker: another process remembered it from the journal at " +
                                clock_text(now_) + " and went on with it.");
    line_lost_at_ = line_lost_at_ == never ? now_ : line_lost_at_;
}

void builder::on(const call::drain_begun&) {
    if (story_.over_at == never) {
        say(worker, {}, "told to stop: no new calls, this one goes on", quiet);
    }
}

void builder::on(const call::drain_over&) {
    if (story_.over_at == never) {
        say(worker, {}, "the drain's time is over", bad);
    }
}

void builder::on(const journal::gap& hole) {
    const bool lost = hole.living && std::ranges::find(*hole.living, story_.call) == hole.living->end();
    say(worker, {}, count_text(hole.lines, "line of the journal is missing", "lines of the journal are missing"), bad);
    story_.remarks.push_back("Up to " + clock_text(now_) + " " +
                             count_text(hole.lines, "line is missing", "lines are missing") + " since " +
                             clock_text(hole.since) + ": the disk could not be written. " +
                             (lost ? "The end of this call is among them." : "Some may be of this call."));
}

void builder::on(const call::panel_taken& wish) {
    if (story_.panel.empty()) {
        story_.panel = wish.panel;
    }
}

// ---- the record

void builder::on(const call::finish& wish) {
    const call::door_record& r = wish.record;
    story_.kind = call_kind::door;
    story_.panel = r.panel;
    story_.flat = r.flat;
    story_.opened_door = r.opened_door;
    phones_.fill_in(r);
    talked_as_recorded(r.talk_ms);
    close(r.how, r.who, r.ended_at, r.note);
    if (!r.answered_by.empty()) {
        if (const phone_story* phone = phones_.of(r.answered_by)) {
            story_.answered_by = phone->number - 1;
        }
    }
}

void builder::on(const call::finish_sos& wish) {
    const call::sos_record& r = wish.record;
    story_.kind = call_kind::sos;
    story_.panel = r.panel;
    if (!r.number.empty()) {
        story_.number.number = r.number;
        story_.number.lent = r.lent;
    }
    if (!story_.crm.site_known && r.source != call::crm_source::none) {
        story_.crm.site = r.site;
        story_.crm.site_known = true;
        story_.crm.source = r.source;
    }
    talked_as_recorded(r.talk_ms);
    close(r.how, r.who, r.ended_at, r.note);
}

void builder::on(const call::finish_callback& wish) {
    const call::callback_record& r = wish.record;
    story_.kind = call_kind::callback;
    story_.panel = r.panel;
    story_.number.number = r.number;
    story_.caller = r.caller;
    story_.how_urgent = r.priority;
    talked_as_recorded(r.talk_ms);
    close(r.how, r.who, r.ended_at, r.note);
}

}  // namespace td::story
