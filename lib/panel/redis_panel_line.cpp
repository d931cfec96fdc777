#include "panel/redis_panel_line.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "redis/health.hpp"

namespace td::panel {
namespace {

constexpr std::size_t longest_account = 128;

bool usable_account(const std::string& name) {
    const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
    return !name.empty() && name.size() <= longest_account && std::none_of(name.begin(), name.end(), control);
}

redis::link_options options_of_link(const redis_panel_line_options& options) {
    redis::link_options wanted;
    wanted.where = options.place;
    wanted.password = options.password;
    wanted.reply_limit = options.reply_limit;
    return wanted;
}

}  // namespace

class redis_panel_line::desk : public std::enable_shared_from_this<redis_panel_line::desk> {
public:
    // The links call nothing after their destruction, and they are ours: `this` lives.
    desk(boost::asio::io_context& loop, const redis_panel_line_options& options, ports::fact_sink sink,
         alarm_sink alarms)
        : refresh_(options.refresh),
          sink_(std::move(sink)),
          book_(options.removals),
          health_("panels_redis", std::move(alarms)),
          timer_(loop),
          teller_(loop, options_of_link(options),
                  {[this] { came_back(); }, [this](const failure& why) { trouble(why); }}),
          listener_(loop, options_of_link(options),
                    {[this] { listen(); }, [this](const failure& why) { trouble(why); }}) {}

    void tick() {
        timer_.expires_after(refresh_);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (error || !self || self->stopped_) {
                return;
            }
            if (self->teller_.up()) {
                self->ask_whether_it_writes();
                self->tell_all(self->book_.refresh());
                self->tell_left_over();
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

    void freed(const call::panel_freed& news) { tell_end(news, book_.freed(news)); }

    [[nodiscard]] bool up() const { return health_.good() && teller_.up() && listener_.up(); }
    [[nodiscard]] const panel_line_counters& counters() const { return counters_; }
    [[nodiscard]] const redis::link& teller() const { return teller_; }
    [[nodiscard]] const redis::link& listener() const { return listener_; }

private:
    void came_back() {
        ask_whether_it_writes();
        tell_all(book_.came_back());
        tell_left_over();
    }

    void ask_whether_it_writes() {
        teller_.send(ask_whether_writable(), [this](const result<redis::reply>& heard) {
            if (!heard && heard.why().kind == failure_kind::refused) {
                written_ = false;
                health_.refusal(heard.why().text, teller_.place_text() + " takes nothing");
            }
            if (!heard) {
                return;  // a loss of the connection is told by the link
            }
            written_ = true;
            well();
        });
    }

    void trouble(const failure& why) {
        written_ = false;
        health_.trouble(why.text, why.text);
    }

    /// Both connections do their work.
    void well() {
        if (written_ && teller_.up() && listener_.up()) {
            health_.well(teller_.place_text() + " is told which panel is in a call again");
        }
    }

    /// A removal that Redis did not confirm is kept: who watches the channel must not wait for ever for a panel.
    void tell_end(const call::panel_freed& news, std::vector<redis_command> commands) {
        if (commands.empty()) {
            return;
        }
        redis_command last = std::move(commands.back());
        commands.pop_back();
        const bool told = tell_all(commands) && teller_.send(last, [this, news](const result<redis::reply>& heard) {
            if (!heard) {
                book_.not_told(news);
            }
        });
        if (!told) {
            book_.not_told(news);
            ++counters_.untold;
        }
    }

    void tell_left_over() {
        constexpr std::size_t at_once = 1000;  // the rest comes with the next refresh
        for (const call::panel_freed& each : book_.left_over(at_once)) {
            tell_end(each, book_.removal(each));
        }
    }

    /// hiredis sends them together at the loop's next turn. What is refused is told again by the next refresh.
    bool tell_all(const std::vector<redis_command>& commands) {
        bool told = true;
        for (const redis_command& each : commands) {
            told = teller_.send(each) && told;
        }
        return told;
    }

    void listen() {
        well();
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
    redis::health health_;
    bool written_ = false;  ///< the latest word about writing was a good one
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
    redis::link teller_;
    redis::link listener_;  // Redis takes no other command on a connection that listens
};

redis_panel_line::redis_panel_line(boost::asio::io_context& loop, redis_panel_line_options options,
                                   ports::fact_sink sink, alarm_sink alarms)
    : desk_(std::make_shared<desk>(loop, options, std::move(sink), std::move(alarms))) {
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

bool redis_panel_line::up() const {
    return desk_->up();
}

const redis::link& redis_panel_line::teller() const {
    return desk_->teller();
}

const redis::link& redis_panel_line::listener() const {
    return desk_->listener();
}

}  // namespace td::panel
