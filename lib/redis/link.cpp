#include "redis/link.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace td::redis {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

// A loop that was late itself reads what has come meanwhile before it calls Redis silent.
constexpr duration grace = 20ms;

std::string text_of(const redisReply& from) {
    return from.str == nullptr ? std::string() : std::string(from.str, from.len);
}

reply reply_of(const redisReply& from) {
    reply read;
    switch (from.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            read.what = reply::form::text;
            read.text = text_of(from);
            break;
        case REDIS_REPLY_INTEGER:
            read.what = reply::form::number;
            read.number = from.integer;
            break;
        case REDIS_REPLY_ARRAY:
            read.what = reply::form::list;
            for (std::size_t i = 0; i < from.elements; ++i) {
                read.list.push_back(reply_of(*from.element[i]));
            }
            break;
        case REDIS_REPLY_ERROR:  // within a list
        default: break;          // nil, and what only RESP3 knows, which is never asked for
    }
    return read;
}

bool is_error(const redisReply* from) {
    return from != nullptr && from->type == REDIS_REPLY_ERROR;
}

}  // namespace

/// One connection at a time: pause, name, connection, AUTH and SELECT, commands, loss, pause, …
///
/// hiredis owns the socket and the context. Whatever ends a context (an error, the server, ourselves) calls the cleanup
/// hook exactly once, so `lost` is the one place where a connection ends.
class link::line : public std::enable_shared_from_this<link::line> {
public:
    line(asio::io_context& loop, link_options options, listener told)
        : loop_(loop),
          options_(std::move(options)),
          told_(std::move(told)),
          pause_(options_.first_pause),
          timer_(loop),
          resolver_(loop),
          socket_(loop) {}

    void start() { wake_after(duration{0}, &line::resolve); }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        resolver_.cancel();
        if (context_ != nullptr) {
            redisAsyncFree(context_);
        }
    }

    bool send(const command& words, answer then, redisCallbackFn* heard) {
        if (!up_ || asked_.size() >= options_.unanswered || !give(words, std::move(then), heard)) {
            ++counters_.refused;
            return false;
        }
        ++counters_.commands;
        return true;
    }

    bool subscribe(const std::string& channel, std::function<void(std::string)> take) {
        take_ = std::move(take);
        return send({"SUBSCRIBE", channel}, {}, &line::subscription_spoke);
    }

    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] const link_counters& counters() const { return counters_; }
    [[nodiscard]] std::string place_text() const { return text_of_place(options_.where); }

    static void command_answered(redisAsyncContext* /*context*/, void* heard, void* self) {
        static_cast<line*>(self)->answered(static_cast<const redisReply*>(heard));
    }

private:
    struct question {
        answer then;
        clock::time_point asked_at;
    };

    // ---- from a name to a connection that is ready

    void resolve() {
        const std::uint64_t attempt = ++attempts_;
        wake_after(options_.reply_limit, &line::connection_takes_too_long);
        // hiredis would ask the name on our loop and wait for the answer.
        resolver_.async_resolve(options_.where.host, std::to_string(options_.where.port),
                                [weak = weak_from_this(), attempt](const error_code& error,
                                                                   const asio::ip::tcp::resolver::results_type& found) {
                                    const auto self = weak.lock();
                                    if (!self || self->stopped_ || attempt != self->attempts_) {
                                        return;  // given up meanwhile
                                    }
                                    if (error || found.empty()) {
                                        self->give_up("its name is not known (" + error.message() + ")");
                                        return;
                                    }
                                    // One address a try; a name with several of them is tried round.
                                    const auto which = static_cast<std::ptrdiff_t>(attempt % found.size());
                                    self->connect(std::next(found.begin(), which)->endpoint());
                                });
    }

    void connect(const asio::ip::tcp::endpoint& where) {
        redisAsyncContext* made = redisAsyncConnect(where.address().to_string().c_str(), where.port());
        if (made == nullptr || made->err != 0) {
            const std::string words = made != nullptr ? made->errstr : "out of memory";
            if (made != nullptr) {
                redisAsyncFree(made);
            }
            give_up("no connection (" + words + ")");
            return;
        }
        error_code error;
        socket_.assign(made->c.fd, error);
        if (error) {
            redisAsyncFree(made);
            give_up("no connection (" + error.message() + ")");
            return;
        }
        context_ = made;
        ++generation_;
        made->data = this;
        made->ev.data = this;
        made->ev.addRead = [](void* self) { static_cast<line*>(self)->want_read(true); };
        made->ev.delRead = [](void* self) { static_cast<line*>(self)->want_read(false); };
        made->ev.addWrite = [](void* self) { static_cast<line*>(self)->want_write(true); };
        made->ev.delWrite = [](void* self) { static_cast<line*>(self)->want_write(false); };
        made->ev.cleanup = [](void* self) { static_cast<line*>(self)->lost(); };
        redisAsyncSetConnectCallback(made, [](const redisAsyncContext* context, int status) {
            if (status == REDIS_OK) {
                static_cast<line*>(context->data)->introduce();
            }
        });
    }

    /// The connection stands; it is ready when SELECT, the last of the introduction, is answered.
    void introduce() {
        if (!options_.where.user.empty()) {
            give({"AUTH", options_.where.user, options_.password.reveal()}, {}, &line::password_answered);
        } else if (!options_.password.empty()) {
            give({"AUTH", options_.password.reveal()}, {}, &line::password_answered);
        }
        give({"SELECT", std::to_string(options_.where.database)}, {}, &line::database_answered);
    }

    static void password_answered(redisAsyncContext* /*context*/, void* heard, void* self) {
        static_cast<line*>(self)->introduced(static_cast<const redisReply*>(heard), "refuses the user or the password",
                                             failure_kind::not_allowed);
    }

    static void database_answered(redisAsyncContext* /*context*/, void* heard, void* self) {
        auto& line = *static_cast<link::line*>(self);
        if (line.introduced(static_cast<const redisReply*>(heard), "refuses the database", failure_kind::refused)) {
            line.now_ready();
        }
    }

    /// A wrong password or database is tried again like a Redis that is down: somebody may be mending it.
    bool introduced(const redisReply* heard, const char* refusal, failure_kind kind) {
        answered(heard);
        if (is_error(heard) && context_ != nullptr && reason_.empty()) {
            const std::string words = text_of(*heard);
            // Without a password it is SELECT that is refused for the want of one.
            const bool wanted = words.starts_with("NOAUTH");
            give_up(std::string(wanted ? "wants a password" : refusal) + " (" + words + ")",
                    wanted ? failure_kind::not_allowed : kind);
        }
        return heard != nullptr && !is_error(heard);
    }

    void now_ready() {
        up_ = true;
        ready_at_ = clock::now();
        ++counters_.connects;
        watch_replies();
        asio::post(loop_, [weak = weak_from_this(), which = generation_] {
            const auto self = weak.lock();
            if (self && self->up_ && self->generation_ == which) {
                self->told_.ready();
            }
        });
    }

    // ---- the end of a connection

    void connection_takes_too_long() { give_up("no connection within " + duration_text(options_.reply_limit)); }

    void give_up(std::string reason, failure_kind kind = failure_kind::unreachable) {
        reason_ = std::move(reason);
        kind_ = kind;
        resolver_.cancel();
        ++attempts_;  // what the resolver still says is about a try that is over
        if (context_ != nullptr) {
            redisAsyncFree(context_);
        } else {
            pause_and_retry();
        }
    }

    /// The cleanup hook: hiredis closes the socket next.
    void lost() {
        if (reason_.empty()) {
            const std::string words = context_->errstr != nullptr ? context_->errstr : "";
            reason_ = words.empty() ? "the connection was lost" : "the connection was lost (" + words + ")";
        }
        socket_.release();
        context_ = nullptr;
        ++generation_;
        // Redis that lets go of every connection soon after it was ready is as good as one that is down.
        if (up_ && clock::now() - ready_at_ >= options_.longest_pause) {
            pause_ = options_.first_pause;
        }
        up_ = false;
        reading_ = reading_wanted_ = writing_ = writing_wanted_ = false;
        if (!stopped_) {
            pause_and_retry();
        }
        asked_.clear();
    }

    /// Tells everybody who waits that the connection is over, its owner first, and tries again.
    void pause_and_retry() {
        ++counters_.losses;
        const failure why{std::exchange(kind_, failure_kind::unreachable),
                          place_text() + ": " + std::exchange(reason_, {})};
        if (told_.lost) {
            asio::post(loop_, [weak = weak_from_this(), why] {
                if (const auto self = weak.lock(); self && !self->stopped_) {
                    self->told_.lost(why);
                }
            });
        }
        for (question& each : asked_) {
            if (each.then) {
                later(std::move(each.then), why);
            }
        }
        asked_.clear();
        wake_after(pause_, &line::resolve);
        pause_ = std::min(pause_ * 2, options_.longest_pause);
    }

    // ---- commands and replies

    bool give(const command& words, answer then, redisCallbackFn* heard) {
        std::vector<const char*> starts;
        std::vector<std::size_t> lengths;
        for (const std::string& word : words) {
            starts.push_back(word.data());
            lengths.push_back(word.size());
        }
        if (redisAsyncCommandArgv(context_, heard, this, static_cast<int>(words.size()), starts.data(),
                                  lengths.data()) != REDIS_OK) {
            return false;
        }
        asked_.push_back({std::move(then), clock::now()});
        if (asked_.size() == 1 && up_) {
            watch_replies();
        }
        return true;
    }

    /// Redis answers in the order of the questions. nullptr: the connection ends, and `lost` answers them all.
    void answered(const redisReply* heard) {
        if (heard == nullptr || asked_.empty()) {
            return;
        }
        const answer then = std::move(asked_.front().then);
        asked_.pop_front();
        counters_.errors += is_error(heard) ? 1 : 0;
        if (then) {
            later(then, is_error(heard) ? result<reply>(failure{failure_kind::refused, text_of(*heard)})
                                        : result<reply>(reply_of(*heard)));
        }
    }

    /// Not within hiredis: whoever is told may send, or destroy the link.
    void later(answer then, result<reply> what) {
        asio::post(loop_, [weak = weak_from_this(), then = std::move(then), what = std::move(what)] {
            if (const auto self = weak.lock(); self && !self->stopped_) {
                then(what);
            }
        });
    }

    static void subscription_spoke(redisAsyncContext* /*context*/, void* heard, void* self) {
        static_cast<line*>(self)->spoken(static_cast<const redisReply*>(heard));
    }

    /// Either the answer to SUBSCRIBE or a message: both are arrays of kind, channel and content (Redis, "Pub/Sub").
    void spoken(const redisReply* heard) {
        if (heard == nullptr || heard->type != REDIS_REPLY_ARRAY || heard->elements != 3 ||
            heard->element[0]->type != REDIS_REPLY_STRING || heard->element[2]->type != REDIS_REPLY_STRING) {
            answered(heard);
            return;
        }
        asio::post(loop_, [weak = weak_from_this(), text = text_of(*heard->element[2])]() mutable {
            const auto self = weak.lock();
            if (self && !self->stopped_ && self->take_) {
                self->take_(std::move(text));
            }
        });
    }

    /// Every question must be answered within reply_limit; the oldest one stands for all.
    void watch_replies() {
        if (asked_.empty()) {
            wake_after(std::chrono::hours{1}, &line::watch_replies);
            return;
        }
        const auto waits = std::chrono::duration_cast<duration>(clock::now() - asked_.front().asked_at);
        wake_after(waits >= options_.reply_limit ? grace : options_.reply_limit - waits,
                   waits >= options_.reply_limit ? &line::replies_take_too_long : &line::watch_replies);
    }

    void replies_take_too_long() {
        if (!asked_.empty() && clock::now() - asked_.front().asked_at >= options_.reply_limit) {
            give_up("no reply within " + duration_text(options_.reply_limit));
            return;
        }
        watch_replies();
    }

    // ---- hiredis's socket and the one timer

    void want_read(bool wanted) {
        reading_wanted_ = wanted;
        if (wanted && !reading_) {
            reading_ = true;
            wait_for(asio::posix::stream_descriptor::wait_read, &line::reading_, &line::reading_wanted_,
                     &redisAsyncHandleRead);
        }
    }

    void want_write(bool wanted) {
        writing_wanted_ = wanted;
        if (wanted && !writing_) {
            writing_ = true;
            wait_for(asio::posix::stream_descriptor::wait_write, &line::writing_, &line::writing_wanted_,
                     &redisAsyncHandleWrite);
        }
    }

    /// `waits` says that Asio watches, `wanted` that hiredis still wants it when the socket is ready.
    void wait_for(asio::posix::stream_descriptor::wait_type what, bool line::*waits, bool line::*wanted,
                  void (*act)(redisAsyncContext*)) {
        socket_.async_wait(
            what, [weak = weak_from_this(), which = generation_, what, waits, wanted, act](const error_code& error) {
                const auto self = weak.lock();
                if (!self || self->stopped_ || self->generation_ != which || error == asio::error::operation_aborted) {
                    return;
                }
                (*self).*waits = false;
                if (!((*self).*wanted)) {
                    return;
                }
                act(self->context_);  // may end the connection
                if (self->generation_ == which && (*self).*wanted && !((*self).*waits)) {
                    (*self).*waits = true;
                    self->wait_for(what, waits, wanted, act);
                }
            });
    }

    void wake_after(duration pause, void (line::*act)()) {
        const std::uint64_t which = ++last_wake_;
        timer_.expires_after(pause);
        timer_.async_wait([weak = weak_from_this(), which, act](const error_code& error) {
            const auto self = weak.lock();
            // A handler that was already queued when the timer was moved is not told by an error.
            if (!error && self && !self->stopped_ && self->last_wake_ == which) {
                ((*self).*act)();
            }
        });
    }

    asio::io_context& loop_;
    link_options options_;
    listener told_;
    std::function<void(std::string)> take_;
    link_counters counters_;
    duration pause_;
    asio::steady_timer timer_;
    asio::ip::tcp::resolver resolver_;
    asio::posix::stream_descriptor socket_;          // borrowed: hiredis opens and closes it
    redisAsyncContext* context_ = nullptr;           // hiredis frees it itself, after the cleanup hook
    std::deque<question> asked_;                     // what Redis owes us, in its order
    std::string reason_;                             // why the connection ends, until that is told
    failure_kind kind_ = failure_kind::unreachable;  // of that reason
    clock::time_point ready_at_{};
    std::uint64_t generation_ = 0;
    std::uint64_t attempts_ = 0;
    std::uint64_t last_wake_ = 0;
    bool up_ = false;
    bool stopped_ = false;
    bool reading_ = false;
    bool reading_wanted_ = false;
    bool writing_ = false;
    bool writing_wanted_ = false;
};

link::link(asio::io_context& loop, link_options options, listener told)
    : line_(std::make_shared<line>(loop, std::move(options), std::move(told))) {
    line_->start();
}

link::~link() {
    line_->stop();
}

bool link::send(const command& words, answer then) {
    return line_->send(words, std::move(then), &line::command_answered);
}

bool link::subscribe(const std::string& channel, std::function<void(std::string)> take) {
    return line_->subscribe(channel, std::move(take));
}

bool link::up() const {
    return line_->up();
}

const link_counters& link::counters() const {
    return line_->counters();
}

std::string link::place_text() const {
    return line_->place_text();
}

}  // namespace td::redis
