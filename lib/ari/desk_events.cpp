// The desk's ears: events become facts, and what Asterisk holds becomes a picture.

#include <algorithm>
#include <utility>

#include "ari/desk.hpp"
#include "base/overloaded.hpp"

namespace td::ari {
namespace {

constexpr duration picture_pause = 500ms;

bool is_good(int status) {
    return status >= 200 && status < 300;
}

}  // namespace

// ---- events

std::optional<request_answered> desk::hear(std::string_view message) {
    event news = codec_.read(message);
    if (auto* reply = std::get_if<request_answered>(&news)) {
        return std::move(*reply);
    }
    tell(std::move(news));
    return std::nullopt;
}

void desk::tell(event news) {
    using enum call::pbx_seen::condition;
    ++count_.events;
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
                   [&](const leg_made& leg) { made_first_.insert(channel_name(leg.leg)); },
                   [&](const leg_up& leg) {
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
                       pass(leg);
                   },
                   [&](const call::key_pressed& key) { pass(key); },
                   [&](const application_replaced&) {
                       fatal_ = failure{
                           failure_kind::taken,
                           "another worker took this worker's application in Asterisk: give each its own ari user "
                           "and application, or stop one of them"};
                   },
                   [](const request_answered&) {},  // given back by hear()
                   [](const of_no_interest&) {}, [&](const unknown_event&) { ++count_.unknown_events; },
                   [&](const broken_message&) {
                       --count_.events;
                       ++count_.broken_messages;
                   }},
        news);
}

// ---- the picture

void desk::line_up(instant now) {
    line_is_up_ = true;
    ask_for_picture(now);
}

void desk::line_lost() {
    picture_.cancel();
    picture_again_ = never;
    line_is_up_ = false;
    in_the_picture_ = false;
    news_.emplace_back(call::pbx_line_lost{which_});
}

void desk::advance(instant now) {
    if (now >= picture_again_) {
        ask_for_picture(now);
    }
    while (!strays_.empty() && strays_.front().first <= now) {
        exchange request = std::move(strays_.front().second);
        strays_.pop_front();
        request.deadline = now + limit_.request;
        ++outstanding_;
        submit(std::move(request), now);
    }
}

void desk::ask_for_picture(instant now) {
    picture_again_ = never;
    const unsigned round = picture_.begin();
    const auto send = [&](exchange part) {
        part.round = round;
        part.deadline = now + limit_.picture;
        submit(std::move(part), now);
    };
    send(maker_.filter());
    send(maker_.see(errand::see_application));
    send(maker_.see(errand::see_channels));
    send(maker_.see(errand::see_bridges));
}

void desk::picture_failed(std::string_view why, instant now) {
    if (!picture_.taking()) {
        return;
    }
    picture_.cancel();
    picture_again_ = line_is_up_ ? now + picture_pause : never;
    log_(level::warning, "ari picture failed reason=\"" + std::string(why) + "\" again_in=500ms");
}

void desk::settle_picture(const exchange& request, int status, std::string_view body, instant now) {
    if (request.round != picture_.round() || !picture_.taking()) {
        return;
    }
    if (request.what == errand::filter && status == 403) {
        fatal_ = failure{failure_kind::not_allowed,
                         "Asterisk refuses to let this ari user act: set read_only=no in ari.conf"};
        return;
    }
    if (!is_good(status)) {
        ++count_.failures[status];
        picture_failed(std::string(name_of(request.what)) + " status " + std::to_string(status), now);
        return;
    }
    if (request.what == errand::filter) {
        return;
    }
    if (!picture_.take(request.what, body, codec_)) {
        picture_failed(std::string(name_of(request.what)) + " cannot be read", now);
        return;
    }
    for (std::string& leg : picture_.made_first()) {
        made_first_.insert(std::move(leg));
    }
    if (auto seen = picture_.finish(dialling_)) {
        in_the_picture_ = true;
        seen->which = which_;
        news_.emplace_back(std::move(*seen));
    }
}

}  // namespace td::ari
