// The desk's ears and its clock: events become facts, and what was put off is done when it is due.

#include <algorithm>
#include <utility>

#include "ari/desk.hpp"
#include "base/overloaded.hpp"

namespace td::ari {
namespace {

constexpr duration stray_pause = 2s;
/// Asterisk waits for a claim some hundred milliseconds; more than this at once is more than a worker can take.
constexpr std::size_t most_offers = 1000;

}  // namespace

// ---- events

std::optional<request_answered> desk::hear(std::string_view message, instant now) {
    event news = codec_.read(message);
    if (auto* reply = std::get_if<request_answered>(&news)) {
        return std::move(*reply);
    }
    hearing_.heard(now);
    if (std::holds_alternative<own_word_heard>(news)) {
        hearing_.heard_itself(now);
        return std::nullopt;
    }
    ++count_.events;
    tell(std::move(news));
    return std::nullopt;
}

void desk::tell(event news) {
    using enum call::pbx_seen::condition;
    const auto pass = [this](auto&& fact) { news_.emplace_back(std::forward<decltype(fact)>(fact)); };
    std::visit(
        overloaded{[&](panel_entered& panel) {
                       picture_.alive(panel.channel.text(), waiting);
                       pass(call::panel_arrived{name_call_(), std::move(panel.channel), std::move(panel.panel),
                                                std::move(panel.flat), std::move(panel.complaint)});
                   },
                   [&](sos_entered& sos) {
                       picture_.alive(sos.channel.text(), waiting);
                       pass(call::sos_arrived{name_call_(), std::move(sos.channel), std::move(sos.panel),
                                              std::move(sos.complaint)});
                   },
                   [&](callback_entered& back) {
                       picture_.alive(back.channel.text(), waiting);
                       pass(call::callback_arrived{name_call_(), std::move(back.channel), std::move(back.panel),
                                                   std::move(back.number), std::move(back.caller), back.how,
                                                   std::move(back.complaint)});
                   },
                   [&](const leg_made& leg) { leg_was_made(leg.leg); },
                   [&](const leg_called& leg) {
                       leg_was_called({leg.leg.call, leg.leg.leg.value});
                   },
                   [&](const leg_up& leg) {
                       leg_was_called({leg.leg.call, leg.leg.leg.value});
                       if (made_first_.contains(channel_name(leg.leg))) {
                           picture_.alive(channel_name(leg.leg), up);
                           pass(call::leg_answered{leg.leg});
                       }
                   },
                   [&](call::panel_left& panel) {
                       picture_.gone(panel.channel.text());
                       pass(std::move(panel));
                   },
                   [&](const call::leg_ringing& leg) {
                       leg_was_called({leg.leg.call, leg.leg.leg.value});
                       picture_.alive(channel_name(leg.leg), ringing);
                       pass(leg);
                   },
                   [&](const call::leg_answered& leg) {
                       picture_.alive(channel_name(leg.leg), up);
                       pass(leg);
                   },
                   [&](const call::leg_ended& leg) {
                       picture_.gone(channel_name(leg.leg));
                       made_first_.erase(channel_name(leg.leg));
                       dials_.erase({leg.leg.call, leg.leg.leg.value});
                       pass(leg);
                   },
                   [&](const call::key_pressed& key) { pass(key); }, [&](call_offered& call) { take(std::move(call)); },
                   [&](const application_replaced&) {
                       fatal_ = failure{
                           failure_kind::taken,
                           "another worker took this worker's application in Asterisk: its successor, or one that "
                           "should have an application of its own"};
                   },
                   [](const request_answered&) {},  // given back by hear()
                   [](const own_word_heard&) {},    // taken there
                   [](const of_no_interest&) {}, [&](const unknown_event&) { ++count_.unknown_events; },
                   [&](const broken_message&) {
                       --count_.events;
                       ++count_.broken_messages;
                   }},
        news);
}

void desk::take(call_offered call) {
    ++count_.offered;
    if (in_the_picture_ && offers_.size() < most_offers) {
        offers_.push_back({std::move(call.channel), std::nullopt});
    }
}

// ---- time

void desk::look_after_offers(instant now) {
    for (auto each = offers_.begin(); each != offers_.end();) {
        if (!each->due) {
            const auto hold = hold_ ? hold_() : std::optional(duration::zero());
            each->due = hold ? now + *hold : never;
        }
        if (*each->due > now && *each->due != never) {
            ++each;
            continue;
        }
        if (*each->due <= now && !full()) {
            exchange request = maker_.claim(each->channel);
            request.deadline = now + limit_.claim;
            ++outstanding_;
            submit(std::move(request), now);
        }
        each = offers_.erase(each);
    }
}

void desk::look_after_hearing(instant now) {
    switch (hearing_.advance(now)) {
        case hearing::duty::none: return;
        case hearing::duty::deaf: deafness_ = "Asterisk tells it nothing of its application any more"; return;
        case hearing::duty::unknown:
            log_(level::warning,
                 "ari app=" + maker_.app() +
                     " reason=\"Asterisk does not let this worker hear what it says to its own application, so a "
                     "line that lost the application is not noticed\" next=\"tries again in 5min\"");
            return;
        case hearing::duty::say: {
            exchange request = maker_.speak();
            request.round = hearing_.word();
            request.deadline = now + limit_.request;
            ++outstanding_;
            submit(std::move(request), now);
        }
    }
}

void desk::settle_word(const exchange& word, int status, std::string_view body, instant now) {
    using enum hearing::answer;
    const bool held = is_good(status);
    if (!held) {
        ++count_.failures[status];
    }
    hearing_.answered(word.round, held ? said : is_unknown_application(status, body) ? nobody : useless, now);
}

void desk::advance(instant now) {
    look_after_dials(now);
    look_after_offers(now);
    look_after_hearing(now);
    if (now >= picture_again_) {
        ask_for_picture(now);
    }
    while (!strays_.empty() && strays_.front().first <= now) {
        exchange request = std::move(strays_.front().second);
        strays_.pop_front();
        if (full()) {
            strays_.push_back({now + stray_pause, std::move(request)});  // what living calls need goes first
            continue;
        }
        request.deadline = now + limit_.request;
        ++outstanding_;
        submit(std::move(request), now);
    }
}

}  // namespace td::ari
