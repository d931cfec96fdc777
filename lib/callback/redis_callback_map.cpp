#include "callback/redis_callback_map.hpp"

#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "callback/route_line.hpp"

namespace td::callback {
namespace {

using clock = std::chrono::steady_clock;

redis::link_options link_options(const redis_callback_map_options& from) {
    redis::link_options wanted;
    wanted.where = from.place;
    wanted.password = from.password;
    wanted.reply_limit = from.reply_limit;
    wanted.unanswered = from.unanswered;
    return wanted;
}

}  // namespace

class redis_callback_map::desk : public std::enable_shared_from_this<redis_callback_map::desk> {
public:
    desk(boost::asio::io_context& loop, const redis_callback_map_options& options, ports::callback_sink sink,
         alarm_sink alarms, std::function<void()> came_back)
        : loop_(loop),
          look_(options.look),
          sink_(std::move(sink)),
          why_down_{failure_kind::unreachable, redis::text_of_place(options.place) + ": not connected yet"},
          timer_(loop),
          // The line calls nothing after its destruction, and it is ours: `this` lives.
          line_(loop, link_options(options), std::move(alarms),
                {{}, std::move(came_back), [this](const failure& why) { why_down_.text = why.text; }}) {}

    void tick() {
        timer_.expires_after(look_);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && !self->stopped_) {
                self->line_.ask_whether_it_writes();
                self->tick();
            }
        });
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
    }

    void put(const call_id& call, const pool::callback_route& route) {
        const ports::callback_answer blank{call, route.number, route.token, {}, {}, {}};
        if (const auto good = usable(route); !good) {
            answer_later(blank, good.why());
            return;
        }
        if (route.expires_in <= duration{0}) {
            remove(call, route.number, route.token);
            return;
        }
        run(script::write, writing_of({&route, 1}), blank);
    }

    void remove(const call_id& call, const number_id& number, pool::lease_token token) {
        run(script::remove, removal_of({number, token, ports::callback_removal::manner::fence}),
            {call, number, token, {}, {}, {}});
    }

    [[nodiscard]] bool up() const { return line_.up(); }
    [[nodiscard]] const callback_map_counters& counters() const { return counters_; }

private:
    void run(script which, const script_words& words, const ports::callback_answer& blank) {
        const auto began = clock::now();
        const bool sent = line_.run(which, words, [this, blank, began](const result<redis::reply>& said) {
            ports::callback_answer answer = blank;
            answer.took = std::chrono::duration_cast<duration>(clock::now() - began);
            answer.outcome = said ? outcome_of(*said, 0) : pool::map_outcome::failed;
            if (!said) {
                answer.why = said.why();
            } else if (answer.outcome == pool::map_outcome::failed) {
                answer.why = {failure_kind::broken_data, "Redis answered a script of ours with something else"};
            }
            tell(answer);
        });
        if (!sent) {
            answer_later(blank, line_.connected()
                                    ? failure{failure_kind::full,
                                              line_.link().place_text() + ": too many callback routes wait for a reply"}
                                    : why_down_);
        }
    }

    /// A sink is never fed from within the act that it answers.
    void answer_later(ports::callback_answer answer, failure why) {
        answer.outcome = pool::map_outcome::failed;
        answer.why = std::move(why);
        boost::asio::post(loop_, [weak = weak_from_this(), answer = std::move(answer)] {
            if (const auto self = weak.lock(); self && !self->stopped_) {
                self->tell(answer);
            }
        });
    }

    void tell(const ports::callback_answer& answer) {
        switch (answer.outcome) {
            case pool::map_outcome::written: ++counters_.written; break;
            case pool::map_outcome::superseded: ++counters_.superseded; break;
            case pool::map_outcome::failed: ++counters_.failed; break;
        }
        sink_(answer);
    }

    boost::asio::io_context& loop_;
    duration look_;
    ports::callback_sink sink_;
    failure why_down_;
    callback_map_counters counters_;
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
    route_line line_;
};

redis_callback_map::redis_callback_map(boost::asio::io_context& loop, redis_callback_map_options options,
                                       ports::callback_sink sink, alarm_sink alarms, std::function<void()> came_back)
    : desk_(std::make_shared<desk>(loop, options, std::move(sink), std::move(alarms), std::move(came_back))) {
    desk_->tick();
}

redis_callback_map::~redis_callback_map() {
    desk_->stop();
}

void redis_callback_map::put(const call_id& call, const pool::callback_route& route) {
    desk_->put(call, route);
}

void redis_callback_map::remove(const call_id& call, const number_id& number, pool::lease_token token) {
    desk_->remove(call, number, token);
}

bool redis_callback_map::up() const {
    return desk_->up();
}

const callback_map_counters& redis_callback_map::counters() const {
    return desk_->counters();
}

}  // namespace td::callback
