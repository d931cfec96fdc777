#include "panel/redis_panel_line.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace td::panel {
namespace {

constexpr std::size_t longest_account = 128;

bool usable_account(const std::string& name) {
    const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
    return !name.empty() && name.size() <= longest_account && std::none_of(name.begin(), name.end(), control);
}

redis_link_options link_options(const redis_panel_line_options& options) {
    redis_link_options wanted;
    wanted.place = options.place;
    wanted.password = options.password;
    wanted.reply_limit = options.reply_limit;
    return wanted;
}

}  // namespace

class redis_panel_line::desk : public std::enable_shared_from_this<redis_panel_line::desk> {
public:
    desk(boost::asio::io_context& loop, const redis_panel_line_options& options, ports::fact_sink sink)
        : refresh_(options.refresh),
          sink_(std::move(sink)),
          book_(options.removals),
          timer_(loop),
          // The links call nothing after their destruction, and they are ours: `this` lives.
          teller_(loop, link_options(options), [this] { tell_all(book_.came_back()); }),
          listener_(loop, link_options(options), [this] { listen(); }) {}

    void tick() {
        timer_.expires_after(refresh_);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (error || !self || self->stopped_) {
                return;
            }
            if (self->teller_.up()) {
                self->tell_all(self->book_.refresh());
            }
            if (self->listener_.up()) {
                self->listen();
            }
            self->tick();
        });
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
    }

    void taken(const call::panel_taken& news) {
        // Also when Redis is away: the book is what it is told when it is back.
        counters_.untold += tell_all(book_.taken(news)) ? 0 : 1;
    }

    void freed(const call::panel_freed& news) {
        if (teller_.up()) {
            counters_.untold += tell_all(book_.freed(news)) ? 0 : 1;
        } else {
            book_.freed_while_away(news);
            ++counters_.untold;
        }
    }

    [[nodiscard]] const panel_line_counters& counters() const { return counters_; }
    [[nodiscard]] const redis_link& teller() const { return teller_; }
    [[nodiscard]] const redis_link& listener() const { return listener_; }

private:
    /// hiredis sends them together at the loop's next turn. What is refused is told again by the next refresh.
    bool tell_all(const std::vector<redis_command>& commands) {
        bool told = true;
        for (const redis_command& each : commands) {
            told = teller_.send(each) && told;
        }
        return told;
    }

    void listen() {
        listener_.subscribe("td:reg", [this](std::string account) {
            if (!usable_account(account)) {
                ++counters_.unusable;
                return;
            }
            ++counters_.registered;
            if (!stopped_) {
                sink_(call::account_registered{account_id{std::move(account)}});
            }
        });
    }

    duration refresh_;
    ports::fact_sink sink_;
    panel_line_counters counters_;
    line_book book_;
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
    redis_link teller_;
    redis_link listener_;  // Redis takes no other command on a connection that listens
};

redis_panel_line::redis_panel_line(boost::asio::io_context& loop, redis_panel_line_options options,
                                   ports::fact_sink sink)
    : desk_(std::make_shared<desk>(loop, options, std::move(sink))) {
    desk_->tick();
}

redis_panel_line::~redis_panel_line() {
    desk_->stop();
}

void redis_panel_line::taken(const call::panel_taken& news) {
    desk_->taken(news);
}

void redis_panel_line::freed(const call::panel_freed& news) {
    desk_->freed(news);
}

const panel_line_counters& redis_panel_line::counters() const {
    return desk_->counters();
}

const redis_link& redis_panel_line::teller() const {
    return desk_->teller();
}

const redis_link& redis_panel_line::listener() const {
    return desk_->listener();
}

}  // namespace td::panel
