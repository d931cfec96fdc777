#include "ari/hearing.hpp"

#include <algorithm>

namespace td::ari {
namespace {

/// So many lines are made anew for an Asterisk that never let us hear ourselves: it may be a gateway that does not pass
/// the request on. Of one that did more are.
constexpr unsigned most_doubts = 2;
constexpr unsigned most_doubts_after_echo = 10;
constexpr unsigned most_useless = 5;
constexpr duration long_rest = 5min;

}  // namespace

void hearing::begin(instant now) {
    if (how_ == state::off) {
        how_ = state::quiet;
        since_ = looked_ = now;
    }
}

void hearing::heard(instant now) {
    if (how_ == state::quiet || how_ == state::expecting) {
        how_ = state::quiet;
        since_ = now;
    }
    heard_ = true;
}

void hearing::heard_itself(instant now) {
    echoes_ = true;
    doubts_ = 0;
    heard(now);
}

void hearing::answered(unsigned word, answer what, instant now) {
    if (how_ != state::saying || word != word_) {
        return;
    }
    useless_ = what == answer::useless ? useless_ + 1 : 0;
    how_ = what == answer::nobody ? state::deaf : what == answer::said && !heard_ ? state::expecting : state::quiet;
    since_ = now;
}

hearing::duty hearing::advance(instant now) {
    // When this process itself stood still, the silence was ours (see line::watch).
    if (now - looked_ > limit_.silence / 2) {
        since_ += now - looked_;
    }
    looked_ = now;
    if (how_ == state::saying && now - since_ >= 2 * limit_.request) {
        answered(word_, answer::useless, now);  // a reply that went astray leaves no line unwatched
    }
    if (useless_ == most_useless) {
        return rest(now);
    }
    if (how_ == state::quiet && now - since_ >= limit_.quiet && now >= rests_until_) {
        how_ = state::saying;
        since_ = now;
        heard_ = false;
        ++word_;
        return duty::say;
    }
    const bool unheard = how_ == state::expecting && now - since_ >= limit_.hear;
    return unheard || how_ == state::deaf ? doubt(now) : duty::none;
}

hearing::duty hearing::doubt(instant now) {
    if (doubts_ == (echoes_ ? most_doubts_after_echo : most_doubts)) {
        return rest(now);
    }
    how_ = state::off;
    ++doubts_;
    return duty::deaf;
}

/// Whoever mends the gateway, or Asterisk's configuration, need not restart a worker for it.
hearing::duty hearing::rest(instant now) {
    how_ = state::quiet;
    since_ = now;
    rests_until_ = now + long_rest;
    doubts_ = useless_ = 0;
    return duty::unknown;
}

instant hearing::next_deadline() const {
    switch (how_) {
        case state::quiet: return std::max(since_ + limit_.quiet, rests_until_);
        case state::saying: return since_ + 2 * limit_.request;
        case state::expecting: return since_ + limit_.hear;
        case state::deaf: return looked_;
        case state::off: break;
    }
    return never;
}

}  // namespace td::ari
