#include "ari/lanes.hpp"

#include <algorithm>
#include <utility>

namespace td::ari {
namespace {

constexpr duration tick = 50ms;
constexpr duration rest_least = 25ms;
constexpr duration rest_most = 400ms;
/// How long Asterisk's session limit is believed to be reached once it closed a connection without a byte.
constexpr duration shrunk_for = 5s;

}  // namespace

lanes::lanes(const limits& limit, transport way, std::string base, std::string fixed, wires& out, correspondent& back)
    : limit_(limit), way_(way), base_(std::move(base)), fixed_(std::move(fixed)), out_(out), back_(back) {
    lanes_.reserve(limit.connections + 1);
    for (std::size_t i = 0; i < std::max<std::size_t>(1, limit.connections) + 1; ++i) {
        lanes_.emplace_back(limit.reply_bytes);
    }
}

void lanes::submit(exchange request, instant now) {
    ++outstanding_;
    if (waiting_.empty() && place(request, now)) {
        return;
    }
    if (request.what == errand::speak) {
        leave_unsent(std::move(request), now);
    } else {
        waiting_.push_back(std::move(request));
    }
}

/// A word to ourselves holds nobody up: it is said again in the next silence.
void lanes::leave_unsent(exchange word, instant now) {
    --outstanding_;
    back_.lost(std::move(word), loss::unsent, now);
}

bool lanes::place(exchange& request, instant now) {
    const auto bound = bindings_.find(request.key);
    const std::optional<std::size_t> number = bound != bindings_.end() ? bound->second.lane : pick(request.what, now);
    if (!number) {
        return false;
    }
    binding& kept = bindings_[request.key];
    kept.lane = *number;
    ++kept.count;
    lane& chosen = lanes_[*number];
    if (chosen.how == lane::state::open) {
        write(*number, request);
        chosen.since = now;
    }
    chosen.under_way.push_back(std::move(request));
    return true;
}

/// A word to ourselves never goes over the line that it is to prove: a deaf one brings no replies either.
std::optional<std::size_t> lanes::pick(errand what, instant now) {
    const lane& line = lanes_[socket()];
    const bool line_free = way_ == transport::websocket || line.under_way.size() < limit_.socket_depth;
    if (line.how == lane::state::open && line_free && what != errand::speak) {
        return socket();
    }
    std::optional<std::size_t> least;
    std::optional<std::size_t> unused;
    std::size_t made = 0;
    for (std::size_t i = 0; i < socket(); ++i) {
        const lane& each = lanes_[i];
        if (each.how == lane::state::closed) {
            unused = unused ? unused : i;
            continue;
        }
        ++made;
        if (each.under_way.empty()) {
            return i;  // the first idle one, so that the others can grow old and be closed
        }
        if (!least || each.under_way.size() < lanes_[*least].under_way.size()) {
            least = i;
        }
    }
    if (unused && made < allowed(now) && now >= rest_until_) {
        lane& opening = lanes_[*unused];
        opening.how = lane::state::opening;
        opening.heard = false;
        opening.since = now;
        opening.reader = http_reader(limit_.reply_bytes);
        out_.open(*unused);
        return unused;
    }
    return least;
}

std::size_t lanes::allowed(instant now) const {
    return now < shrunk_until_ ? std::min(shrunk_to_, limit_.connections) : limit_.connections;
}

void lanes::write(std::size_t number, const exchange& request) {
    if (number == socket()) {
        out_.send_message(socket_text(request));
    } else {
        append_http(lanes_[number].out, request, base_, fixed_);
    }
}

void lanes::flush() {
    for (std::size_t i = 0; i < socket(); ++i) {
        if (lanes_[i].how == lane::state::open && !lanes_[i].out.empty()) {
            out_.send(i, lanes_[i].out);
            lanes_[i].out.clear();
        }
    }
}

void lanes::unbind(const order_key& key) {
    const auto found = bindings_.find(key);
    if (found != bindings_.end() && --found->second.count == 0) {
        bindings_.erase(found);
    }
}

void lanes::opened(std::size_t number, instant now) {
    lane& open = lanes_[number];
    if (open.how != lane::state::opening) {
        return;  // it was given up in the same turn
    }
    open.how = lane::state::open;
    open.since = now;
    for (const exchange& request : open.under_way) {
        write(number, request);
    }
    place_waiting(now);
}

void lanes::received(std::size_t number, std::string_view bytes, instant now) {
    lane& open = lanes_[number];
    if (open.how != lane::state::open) {
        return;
    }
    std::vector<http_reply> replies;
    const bool sound = open.reader.take(bytes, replies);
    bool last = !sound;
    for (const http_reply& reply : replies) {
        if (open.under_way.empty()) {
            last = true;  // a reply to nothing: whose it is cannot be known, so the connection is worth nothing
            break;
        }
        open.heard = true;
        open.since = now;
        rest_ = duration::zero();
        exchange request = std::move(open.under_way.front());
        open.under_way.pop_front();
        unbind(request.key);
        --outstanding_;
        last = last || reply.last;
        back_.replied(std::move(request), reply.status, reply.body, now);
    }
    if (last) {
        drop(number, now);
    }
}

void lanes::closed(std::size_t number, instant now) {
    lane& gone = lanes_[number];
    std::vector<http_reply> replies;
    gone.reader.finish(replies);
    if (!replies.empty() && !gone.under_way.empty()) {
        gone.heard = true;
        exchange request = std::move(gone.under_way.front());
        gone.under_way.pop_front();
        unbind(request.key);
        --outstanding_;
        back_.replied(std::move(request), replies.front().status, replies.front().body, now);
    }
    if (gone.how != lane::state::closed) {
        drop(number, now);
    }
}

void lanes::rest(instant now) {
    rest_ = std::clamp(rest_ * 2, rest_least, rest_most);
    rest_until_ = now + rest_;
}

/// Ends a connection. What was never written goes elsewhere; of the rest the correspondent decides, in the old order.
void lanes::drop(std::size_t number, instant now) {
    lane& gone = lanes_[number];
    const bool was_opening = gone.how == lane::state::opening;
    std::deque<exchange> left = std::exchange(gone.under_way, {});
    if (number != socket()) {
        out_.close(number);
    }
    gone.how = lane::state::closed;
    gone.out.clear();
    for (const exchange& request : left) {
        unbind(request.key);
    }
    if (was_opening) {
        rest(now);
        const auto words = std::stable_partition(left.begin(), left.end(),
                                                 [](const exchange& each) { return each.what != errand::speak; });
        waiting_.insert(waiting_.begin(), std::make_move_iterator(left.begin()), std::make_move_iterator(words));
        for (auto each = words; each != left.end(); ++each) {
            leave_unsent(std::move(*each), now);
        }
        place_waiting(now);
        return;
    }
    const bool in_time =
        std::none_of(left.begin(), left.end(), [now](const exchange& each) { return each.deadline <= now; });
    if (number != socket() && !gone.heard && !left.empty() && in_time) {
        // A connection that ends without a byte is how Asterisk's session limit looks from here.
        const auto proven = std::count_if(lanes_.begin(), lanes_.end() - 1,
                                          [](const lane& each) { return each.how == lane::state::open && each.heard; });
        shrunk_to_ = std::max<std::size_t>(1, static_cast<std::size_t>(proven));
        shrunk_until_ = now + shrunk_for;
        rest(now);
    }
    outstanding_ -= left.size();
    for (exchange& request : left) {
        const loss why = request.deadline <= now ? loss::overdue : loss::unheard;
        back_.lost(std::move(request), why, now);
    }
    place_waiting(now);
}

void lanes::place_waiting(instant now) {
    while (!waiting_.empty() && place(waiting_.front(), now)) {
        waiting_.pop_front();
    }
}

void lanes::socket_opened(instant now) {
    if (way_ == transport::http) {
        return;
    }
    lanes_[socket()].how = lane::state::open;
    probe_at_ = never;
    place_waiting(now);
}

bool lanes::take_probe(instant now) {
    if (probe_at_ > now) {
        return false;
    }
    probe_at_ = now + limit_.probe;  // until one is answered
    return true;
}

void lanes::socket_closed(instant now) {
    probe_at_ = never;  // a new line is probed when it is up
    if (lanes_[socket()].how == lane::state::open) {
        drop(socket(), now);
    }
}

void lanes::socket_replied(std::uint64_t number, int status, std::string_view body, instant now) {
    std::deque<exchange>& under_way = lanes_[socket()].under_way;
    const auto found = std::find_if(under_way.begin(), under_way.end(),
                                    [number](const exchange& each) { return each.number == number; });
    if (found == under_way.end()) {
        return;  // its time was over, or it went over HTTP since
    }
    exchange request = std::move(*found);
    under_way.erase(found);
    unbind(request.key);
    --outstanding_;
    back_.replied(std::move(request), status, body, now);
}

void lanes::drop_expired(instant now) {
    std::vector<exchange> expired;
    for (auto each = waiting_.begin(); each != waiting_.end();) {
        if (each->deadline <= now) {
            expired.push_back(std::move(*each));
            each = waiting_.erase(each);
        } else {
            ++each;
        }
    }
    outstanding_ -= expired.size();
    for (exchange& request : expired) {
        back_.lost(std::move(request), loss::unsent, now);
    }
}

void lanes::advance(instant now) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const lane& each = lanes_[i];
        const bool overdue = std::any_of(each.under_way.begin(), each.under_way.end(),
                                         [now](const exchange& request) { return request.deadline <= now; });
        const bool idle = i != socket() && each.under_way.empty() && now - each.since >= limit_.idle;
        const bool silent = now - each.since >= limit_.connect;
        if ((each.how == lane::state::open && (overdue || idle)) || (each.how == lane::state::opening && silent)) {
            // Replies come in order, so what stands behind an overdue request cannot be had from this connection
            // either.
            drop(i, now);
            probe_at_ = i == socket() ? now + limit_.probe : probe_at_;
        }
    }
    drop_expired(now);
    place_waiting(now);
}

instant lanes::next_deadline(instant now) const {
    if (outstanding_ > 0) {
        return now + tick;
    }
    instant next = probe_at_;
    for (std::size_t i = 0; i < socket(); ++i) {
        if (lanes_[i].how != lane::state::closed) {
            next = std::min(next, lanes_[i].since + limit_.idle);
        }
    }
    return next;
}

std::size_t lanes::connections() const {
    return static_cast<std::size_t>(std::count_if(lanes_.begin(), lanes_.end() - 1,
                                                  [](const lane& each) { return each.how != lane::state::closed; }));
}

void lanes::shut() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (i != socket() && lanes_[i].how != lane::state::closed) {
            out_.close(i);
        }
        lanes_[i].how = lane::state::closed;
        lanes_[i].under_way.clear();
        lanes_[i].out.clear();
    }
    bindings_.clear();
    waiting_.clear();
    outstanding_ = 0;
    probe_at_ = never;
}

}  // namespace td::ari
