#include "panel/redis_link.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace td::panel {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

}  // namespace

/// One connection at a time: pause, name, connection, AUTH and SELECT, commands, loss, pause, …
///
/// hiredis owns the socket and the context. Whatever ends a context (an error, the server, ourselves) calls the cleanup
/// hook exactly once, so `lost` is the one place where a connection ends.
class redis_link::line : public std::enable_shared_from_this<redis_link::line> {
public:
    line(asio::io_context& loop, redis_link_options options, std::function<void()> ready)
        : loop_(loop),
          options_(std::move(options)),
          ready_(std::move(ready)),
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

    bool send(const std::vector<std::string>& command, redisCallbackFn* reply) {
        if (!up_ || unanswered_ >= options_.unanswered || !give(command, reply)) {
            ++counters_.refused;
            return false;
        }
        ++counters_.commands;
        return true;
    }

    bool subscribe(const std::string& channel, std::function<void(std::string)> take) {
        take_ = std::move(take);
        return send({"SUBSCRIBE", channel}, &line::subscription_spoke);
    }

    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] const redis_link_counters& counters() const { return counters_; }

    static void command_answered(redisAsyncContext* /*context*/, void* reply, void* self) {
        static_cast<line*>(self)->answered(static_cast<const redisReply*>(reply));
    }

private:
    // ---- from a name to a connection that is ready

    void resolve() {
        const std::uint64_t attempt = ++attempts_;
        wake_after(options_.reply_limit, &line::give_up);
        // hiredis would ask the name on our loop and wait for the answer.
        resolver_.async_resolve(options_.place.host, std::to_string(options_.place.port),
                                [weak = weak_from_this(), attempt](const error_code& error,
                                                                   const asio::ip::tcp::resolver::results_type& found) {
                                    const auto self = weak.lock();
                                    if (!self || self->stopped_ || attempt != self->attempts_) {
                                        return;  // given up meanwhile
                                    }
                                    if (error || found.empty()) {
                                        self->give_up();
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
            if (made != nullptr) {
                redisAsyncFree(made);
            }
            give_up();
            return;
        }
        error_code error;
        socket_.assign(made->c.fd, error);
        if (error) {
            redisAsyncFree(made);
            give_up();
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
        if (!options_.password.empty()) {
            give({"AUTH", options_.password.reveal()}, &line::introduction_answered);
        }
        give({"SELECT", std::to_string(options_.place.database)}, &line::select_answered);
    }

    static void introduction_answered(redisAsyncContext* /*context*/, void* reply, void* self) {
        static_cast<line*>(self)->introduced(static_cast<const redisReply*>(reply));
    }

    static void select_answered(redisAsyncContext* /*context*/, void* reply, void* self) {
        auto& line = *static_cast<redis_link::line*>(self);
        if (line.introduced(static_cast<const redisReply*>(reply))) {
            line.now_ready();
        }
    }

    /// A wrong password or database is tried again like a Redis that is down: somebody may be mending it.
    bool introduced(const redisReply* reply) {
        answered(reply);
        const bool ok = reply != nullptr && reply->type != REDIS_REPLY_ERROR;
        if (!ok && context_ != nullptr) {
            redisAsyncFree(context_);
        }
        return ok;
    }

    void now_ready() {
        up_ = true;
        pause_ = options_.first_pause;
        ++counters_.connects;
        watch_replies();
        asio::post(loop_, [weak = weak_from_this(), which = generation_] {
            const auto self = weak.lock();
            if (self && self->up_ && self->generation_ == which) {
                self->ready_();
            }
        });
    }

    // ---- the end of a connection

    void give_up() {
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
        socket_.release();
        context_ = nullptr;
        ++generation_;
        up_ = false;
        unanswered_ = 0;
        reading_ = reading_wanted_ = writing_ = writing_wanted_ = false;
        if (!stopped_) {
            pause_and_retry();
        }
    }

    void pause_and_retry() {
        ++counters_.losses;
        wake_after(pause_, &line::resolve);
        pause_ = std::min(pause_ * 2, options_.longest_pause);
    }

    // ---- commands and replies

    bool give(const std::vector<std::string>& command, redisCallbackFn* reply) {
        std::vector<const char*> words;
        std::vector<std::size_t> lengths;
        for (const std::string& word : command) {
            words.push_back(word.data());
            lengths.push_back(word.size());
        }
        if (redisAsyncCommandArgv(context_, reply, this, static_cast<int>(words.size()), words.data(),
                                  lengths.data()) != REDIS_OK) {
            return false;
        }
        if (unanswered_++ == 0) {
            last_word_ = clock::now();
            if (up_) {
                watch_replies();
            }
        }
        return true;
    }

    /// nullptr: the connection ended before the reply.
    void answered(const redisReply* reply) {
        last_word_ = clock::now();
        unanswered_ -= unanswered_ > 0 ? 1 : 0;
        if (reply != nullptr && reply->type == REDIS_REPLY_ERROR) {
            ++counters_.errors;
        }
    }

    static void subscription_spoke(redisAsyncContext* /*context*/, void* reply, void* self) {
        static_cast<line*>(self)->spoken(static_cast<const redisReply*>(reply));
    }

    /// Either the answer to SUBSCRIBE or a message: both are arrays of kind, channel and content (Redis, "Pub/Sub").
    void spoken(const redisReply* reply) {
        if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
            reply->element[0]->type != REDIS_REPLY_STRING || reply->element[2]->type != REDIS_REPLY_STRING) {
            answered(reply);
            return;
        }
        last_word_ = clock::now();
        std::string text(reply->element[2]->str, reply->element[2]->len);
        asio::post(loop_, [weak = weak_from_this(), text = std::move(text)]() mutable {
            const auto self = weak.lock();
            if (self && !self->stopped_ && self->take_) {
                self->take_(std::move(text));
            }
        });
    }

    /// Redis must say something within reply_limit of being asked.
    void watch_replies() {
        if (unanswered_ == 0) {
            wake_after(std::chrono::hours{1}, &line::watch_replies);
            return;
        }
        const auto silent = std::chrono::duration_cast<duration>(clock::now() - last_word_);
        if (silent >= options_.reply_limit) {
            give_up();
            return;
        }
        wake_after(options_.reply_limit - silent, &line::watch_replies);
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
    redis_link_options options_;
    std::function<void()> ready_;
    std::function<void(std::string)> take_;
    redis_link_counters counters_;
    duration pause_;
    asio::steady_timer timer_;
    asio::ip::tcp::resolver resolver_;
    asio::posix::stream_descriptor socket_;  // borrowed: hiredis opens and closes it
    redisAsyncContext* context_ = nullptr;   // hiredis frees it itself, after the cleanup hook
    std::size_t unanswered_ = 0;
    clock::time_point last_word_{};
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

redis_link::redis_link(asio::io_context& loop, redis_link_options options, std::function<void()> ready)
    : line_(std::make_shared<line>(loop, std::move(options), std::move(ready))) {
    line_->start();
}

redis_link::~redis_link() {
    line_->stop();
}

bool redis_link::send(const std::vector<std::string>& command) {
    return line_->send(command, &line::command_answered);
}

bool redis_link::subscribe(const std::string& channel, std::function<void(std::string)> take) {
    return line_->subscribe(channel, std::move(take));
}

bool redis_link::up() const {
    return line_->up();
}

const redis_link_counters& redis_link::counters() const {
    return line_->counters();
}

}  // namespace td::panel
