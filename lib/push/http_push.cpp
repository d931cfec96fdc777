#include "push/http_push.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/client.hpp"
#include "http/url.hpp"
#include "push/codec.hpp"
#include "push/patience.hpp"

namespace td::push {
namespace {

namespace asio = boost::asio;

/// One push from `send` to its answer.
struct errand {
    call::push wish;
    instant begun{};
    unsigned tries = 0;
};

http::client_options client_options(const http_push_options& options) {
    http::client_options wanted;
    wanted.bearer = options.token;
    wanted.in_flight = options.in_flight;
    wanted.waiting = 0;
    return wanted;
}

}  // namespace

class http_push::desk : public std::enable_shared_from_this<http_push::desk> {
public:
    desk(asio::io_context& loop, http_push_options options, std::function<instant()> now, ports::fact_sink sink)
        : loop_(loop), options_(std::move(options)), now_(std::move(now)), sink_(std::move(sink)) {
        url_.append(http::without_last_slash(options_.url)).append("/push");
        client_.emplace(loop, client_options(options_));
    }

    void stop() {
        client_.reset();
        pauses_.clear();
    }

    void send(const call::push& wish) {
        errand begun{wish, now_(), 0};
        if (wish.kind == call::push_kind::ring && wish.deadline <= begun.begun) {
            // No deadline outlives its call: a phone woken now would ring for nobody.
            ++counters_.late;
            fail(begun, "late");
            return;
        }
        if (wish.kind == call::push_kind::ring) {
            ++rings_[wish.call].under_way;
        } else if (const auto ring = rings_.find(wish.call); ring != rings_.end()) {
            ring->second.end = std::move(begun);
            return;
        }
        try_once(std::move(begun));
    }

    [[nodiscard]] const push_counters& counters() const { return counters_; }

private:
    /// An `ended` that overtook a ring of its call would leave a phone ringing, so it waits for those under way: for
    /// the timeout at the most.
    struct rings_of_call {
        unsigned under_way = 0;
        std::optional<errand> end;
    };

    void ring_is_over(const call_id& call) {
        const auto ring = rings_.find(call);
        if (ring == rings_.end() || --ring->second.under_way > 0) {
            return;
        }
        std::optional<errand> end = std::move(ring->second.end);
        rings_.erase(ring);
        if (end) {
            try_once(std::move(*end));
        }
    }

    void try_once(errand begun) {
        ++begun.tries;
        ++counters_.sent;
        http::request request;
        request.how = http::method::post;
        request.url = url_;
        request.body = body_of(begun.wish, now_());
        request.limit = options_.timeout;
        // The client calls nothing after its destruction, and it is ours: `this` lives.
        client_->send(std::move(request), [this, sent = std::move(begun)](const http::reply& got) mutable {
            came_back(std::move(sent), got);
        });
    }

    void came_back(errand sent, const http::reply& got) {
        if (sent.wish.kind == call::push_kind::ring) {
            ring_is_over(sent.wish.call);
        }
        const result<rejections> read = got.outcome ? read_reply(got.outcome->status, got.outcome->body, sent.wish)
                                                    : result<rejections>(got.outcome.why());
        if (read) {
            ++counters_.answered;
            tell(call::push_answered{sent.wish.call, sent.wish.kind, *read, devices_of(sent.wish)});
            return;
        }
        const auto pause =
            pause_before_next_try(sent.wish.kind, read.why(), sent.tries, now_() - sent.begun, options_.patience);
        if (!pause || pauses_.size() >= options_.retrying) {
            fail(sent, read.why().text);
            return;
        }
        try_after(*pause, std::move(sent));
    }

    void try_after(duration pause, errand again) {
        const std::uint64_t number = ++last_pause_;
        const auto timer = pauses_.try_emplace(number, loop_).first;
        timer->second.expires_after(pause);
        timer->second.async_wait([weak = weak_from_this(), number,
                                  again = std::move(again)](const boost::system::error_code& error) mutable {
            const auto self = weak.lock();
            if (error || !self || !self->client_) {
                return;  // the push server's role is over
            }
            self->pauses_.erase(number);
            ++self->counters_.repeated;
            self->try_once(std::move(again));
        });
    }

    void fail(const errand& given_up, std::string reason) {
        ++counters_.failed;
        tell(call::push_failed{given_up.wish.call, given_up.wish.kind, std::move(reason), devices_of(given_up.wish)});
    }

    void tell(call::fact what) {
        asio::post(loop_, [weak = weak_from_this(), what = std::move(what)]() mutable {
            const auto self = weak.lock();
            if (self && self->client_) {
                self->sink_(std::move(what));
            }
        });
    }

    asio::io_context& loop_;
    http_push_options options_;
    std::string url_;
    std::function<instant()> now_;
    ports::fact_sink sink_;
    push_counters counters_;
    std::unordered_map<call_id, rings_of_call> rings_;  // bounded by options_.in_flight: each has a ring under way
    std::unordered_map<std::uint64_t, asio::steady_timer> pauses_;
    std::uint64_t last_pause_ = 0;
    std::optional<http::client> client_;
};

http_push::http_push(asio::io_context& loop, http_push_options options, std::function<instant()> now,
                     ports::fact_sink sink)
    : desk_(std::make_shared<desk>(loop, std::move(options), std::move(now), std::move(sink))) {}

http_push::~http_push() {
    desk_->stop();
}

void http_push::send(const call::push& wish) {
    desk_->send(wish);
}

const push_counters& http_push::counters() const {
    return desk_->counters();
}

}  // namespace td::push
