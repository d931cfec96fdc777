// The desk's picture of what Asterisk holds: taken after every connect, and again where a part of it failed.

#include <algorithm>

#include "ari/desk.hpp"

namespace td::ari {
namespace {

constexpr duration picture_pause = 500ms;

/// Before 20.10, 21.5 and 22 a request in the thread of a channel that gets no RTP waits up to 200 ms, and a leg that
/// is made first needs two of them before its INVITE (asterisk commit a824a0cdb4).
bool can_make_first(const asterisk_release& which) {
    return which.major >= 22 || (which.major == 21 && which.minor >= 5) || (which.major == 20 && which.minor >= 10);
}

}  // namespace

void desk::line_up(instant now) {
    line_is_up_ = true;
    ask_for_picture(now);
}

void desk::line_lost() {
    picture_.cancel();
    picture_again_ = never;
    line_is_up_ = false;
    in_the_picture_ = false;
    hearing_.end();
    deafness_ = {};
    offers_.clear();
    news_.emplace_back(call::pbx_line_lost{which_});
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
    if (which_ == call::line::sos) {
        send(maker_.see(errand::see_release));
    }
}

void desk::picture_failed(std::string_view why, instant now) {
    if (!picture_.taking()) {
        return;
    }
    picture_.cancel();
    picture_again_ = line_is_up_ ? now + picture_pause : never;
    picture_trouble_ = why;
    log_(level::warning, "ari picture failed reason=\"" + std::string(why) + "\" again_in=500ms");
}

void desk::settle_picture(const exchange& request, int status, std::string_view body, instant now) {
    if (request.what == errand::see_release) {
        release_known_ = true;
        early_possible_ = is_good(status) && can_make_first(codec_.release(body));
        return;
    }
    if (request.round != picture_.round() || !picture_.taking()) {
        return;
    }
    if (request.what == errand::filter && status == 403) {
        fatal_ =
            failure{failure_kind::not_allowed,
                    "ari.user may only read in Asterisk (403), and a worker must act: set read_only = no in ari.conf"};
        return;
    }
    if (is_unknown_application(status, body)) {
        deafness_ = "Asterisk does not know its application";
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
        hearing_.begin(now);
        picture_trouble_.clear();
        // Whose end nobody heard.
        std::erase_if(made_first_, [&](const std::string& leg) {
            return std::none_of(seen->channels.begin(), seen->channels.end(),
                                [&](const call::pbx_seen::channel& each) { return each.name.text() == leg; });
        });
        seen->which = which_;
        news_.emplace_back(std::move(*seen));
        // Whose StasisStart nobody heard waits for ever: told again, it begins a call, or belongs to one already.
        for (const seen_channel& each : picture_.take_callers()) {
            tell(codec_.arrival_of(each));
        }
    }
}

}  // namespace td::ari
