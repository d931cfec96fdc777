#include "ari/client.hpp"

#include <utility>  // Boost 1.74's Asio uses std::exchange without including it

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <random>
#include <vector>

#include "ari/desk.hpp"
#include "ari/encoding.hpp"
#include "ari/lanes.hpp"
#include "ari/line.hpp"
#include "ari/wire.hpp"

namespace td::ari {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t event_piece = 64U * 1024U;
constexpr std::size_t reply_piece = 16U * 1024U;

/// The adapter's own time: it only measures, so the steady clock with any beginning will do.
instant steady_now() {
    return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

std::string fixed_lines(const endpoint& where, const options& wanted) {
    const bool v6 = where.host.find(':') != std::string::npos;
    std::string lines = "Host: ";
    lines.append(v6 ? "[" : "").append(where.host).append(v6 ? "]:" : ":").append(std::to_string(where.port));
    lines.append("\r\nAuthorization: Basic ").append(base64(wanted.user + ":" + wanted.password.reveal()));
    return lines.append("\r\n");
}

std::string events_target(const endpoint& where, const std::string& app) {
    std::string target = where.base + "/ari/events?app=";
    append_encoded(target, app);
    return target + "&subscribeAll=false";
}

line::words line_words(const endpoint& where, const options& wanted) {
    line::words made{{}, events_target(where, wanted.app), fixed_lines(where, wanted)};
    append_http(made.question, request_maker(wanted).question_of_rights(), where.base, made.fixed);
    return made;
}

std::uint64_t seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

class client::insides final : public wires, public line_ends, public std::enable_shared_from_this<insides> {
public:
    insides(asio::any_io_executor loop, options wanted, endpoint where, surroundings around)
        : loop_(std::move(loop)),
          where_(std::move(where)),
          app_(wanted.app),
          limit_(wanted.limit),
          way_(wanted.way),
          around_(std::move(around)),
          desk_(wanted, around_.name_call, counters_, around_.log),
          lanes_(wanted.limit, wanted.way, where_.base, fixed_lines(where_, wanted), *this, desk_),
          line_(wanted.limit, line_words(where_, wanted), *this, seed()),
          probe_(request_maker(wanted).probe()),
          timer_(loop_),
          connections_(wanted.limit.connections + 1) {
        desk_.send_by(lanes_);
        desk_.claim_by(around_.hold);
    }

    void ask(std::function<void()> allowed) {
        allowed_ = std::move(allowed);
        start();
    }

    void start() {
        if (bad_url_) {
            asio::post(loop_, [self = shared_from_this()] { self->die(*self->bad_url_); });
        } else if (phase_ == phase::idle) {
            phase_ = phase::running;
            line_.start(steady_now());
            wake();
        }
    }

    void stop(std::function<void()> closed) {
        if (phase_ == phase::running) {
            phase_ = phase::leaving;
            left_ = std::move(closed);
            leave_by_ = steady_now() + limit_.farewell;
            schedule_turn();
        } else if (closed) {
            asio::post(loop_, std::move(closed));
        }
    }

    /// Everything ends here and now; the completions that are still to come find nothing to do.
    void shut() {
        phase_ = phase::over;
        line_.stop();
        lanes_.shut();
        timer_.cancel();
    }

    void renounce() {
        renounced_ = true;
        if (phase_ == phase::running && !line_.up()) {
            die({failure_kind::taken, "its line to Asterisk is down while another worker takes over"});
        }
    }

    template <class Wish>
    void carry_out(const Wish& wish) {
        if (phase_ == phase::running || phase_ == phase::leaving) {
            desk_.carry_out(wish, steady_now());
            schedule_turn();
        }
    }

    [[nodiscard]] bool over() const { return phase_ == phase::over; }
    [[nodiscard]] bool reached() const { return line_.up(); }
    [[nodiscard]] const std::string& trouble() const { return line_.up() ? desk_.picture_trouble() : line_trouble_; }
    [[nodiscard]] bool connected() const { return phase_ == phase::running && desk_.in_the_picture(); }
    [[nodiscard]] const counters& counted() const { return counters_; }

    void refuse_to_start(failure why) { bad_url_ = std::move(why); }

    // ---- wires: the HTTP connections

    void open(std::size_t lane) override {
        connections_.at(lane) = make_wire(
            reply_piece, [this, lane] { lanes_.opened(lane, steady_now()); },
            [this, lane](std::string_view bytes) { lanes_.received(lane, bytes, steady_now()); },
            [this, lane](std::string_view) { lanes_.closed(lane, steady_now()); });
    }

    void close(std::size_t lane) override {
        if (const auto gone = std::exchange(connections_.at(lane), nullptr)) {
            gone->close();
        }
    }

    void send(std::size_t lane, std::string& bytes) override { connections_.at(lane)->send(bytes); }
    void send_message(std::string_view text) override { line_.send(text); }

    // ---- the events line

    void open_line() override {
        events_ = make_wire(
            event_piece, [this] { line_.opened(steady_now()); },
            [this](std::string_view bytes) { line_.received(bytes, steady_now()); },
            [this](std::string_view why) { line_.closed(why, steady_now()); });
    }

    void close_line() override {
        flush_line();
        if (const auto gone = std::exchange(events_, nullptr)) {
            gone->close();
        }
    }

    void send_line(std::string_view bytes) override {
        line_out_.append(bytes);
        schedule_turn();
    }

    void line_allowed() override {
        if (allowed_) {
            shut();
            std::exchange(allowed_, nullptr)();
        }
    }

    void line_up() override {
        line_trouble_.clear();
        if (++counters_.connects > 1) {
            ++counters_.reconnects;
        }
        around_.log(level::info,
                    "ari line=up app=" + app_ + " host=" + where_.host + " port=" + std::to_string(where_.port));
        if (way_ != transport::http) {
            line_.send(socket_text(probe_));  // Asterisk 16 does not answer it, and then HTTP it stays
        }
        desk_.line_up(steady_now());
    }

    void line_lost(std::string_view why) override {
        ++counters_.gaps;
        line_trouble_ = why;
        around_.log(level::warning, "ari line=lost app=" + app_ + " reason=\"" + std::string(why) + "\"");
        desk_.line_lost();
        lanes_.socket_closed(steady_now());
        if (renounced_) {
            asio::post(loop_, [self = shared_from_this()] { self->renounce(); });
        }
    }

    void line_heard(std::string_view message) override {
        const auto reply = desk_.hear(message, steady_now());
        if (!reply) {
            return;
        }
        if (reply->number == probe_.number && reply->status < 400) {
            around_.log(level::info, "ari requests=websocket app=" + app_);
            lanes_.socket_opened(steady_now());
        } else {
            lanes_.socket_replied(reply->number, reply->status, reply->body, steady_now());
        }
    }

    void line_failed(std::string_view why) override {
        line_trouble_ = why;
        around_.log(level::warning, "ari line=down app=" + app_ + " host=" + where_.host +
                                        " port=" + std::to_string(where_.port) + " reason=\"" + std::string(why) +
                                        "\" next=\"tries again\"");
    }

    void line_refused(failure why) override { die(std::move(why)); }

private:
    enum class phase { idle, running, leaving, over };

    /// A connection whose every word ends in a turn: what it changed is written and told before the loop goes on.
    template <class Opened, class Received, class Closed>
    std::shared_ptr<wire> make_wire(std::size_t piece, Opened opened, Received received, Closed closed) {
        wire::listener told;
        // The client may be destroyed by what it tells; then `self` keeps the insides until the word is out.
        told.opened = [weak = weak_from_this(), opened] {
            if (const auto self = weak.lock()) {
                opened();
                self->turn();
            }
        };
        told.received = [weak = weak_from_this(), received](std::string_view bytes) {
            if (const auto self = weak.lock()) {
                received(bytes);
                self->turn();
            }
        };
        told.closed = [weak = weak_from_this(), closed](std::string_view why) {
            if (const auto self = weak.lock()) {
                closed(why);
                self->turn();
            }
        };
        auto made = std::make_shared<wire>(loop_, std::move(told), piece);
        made->open(where_);
        return made;
    }

    /// Commands are collected until the loop comes round, so that one step's requests leave in one write a connection.
    void schedule_turn() {
        if (!std::exchange(turn_scheduled_, true)) {
            asio::post(loop_, [self = shared_from_this()] {
                self->turn_scheduled_ = false;
                self->turn();
            });
        }
    }

    void turn() {
        const auto kept = shared_from_this();  // a sink may destroy the client
        tell();
        if (phase_ == phase::over) {
            return;
        }
        if (auto why = desk_.take_fatal()) {
            die(std::move(*why));
            return;
        }
        if (const std::string_view why = desk_.take_deafness(); !why.empty()) {
            line_.cut(why, steady_now());
            tell();
        }
        lanes_.flush();
        flush_line();
        if (phase_ == phase::leaving && (lanes_.outstanding() == 0 || steady_now() >= leave_by_)) {
            shut();
            if (const auto left = std::exchange(left_, nullptr)) {
                left();
            }
            return;
        }
        wake();
    }

    /// The facts are told from here only: a sink that answers with commands finds the desk at rest.
    void tell() {
        for (auto news = desk_.take_news(); !news.empty() && phase_ != phase::over; news = desk_.take_news()) {
            for (call::fact& fact : news) {
                if (phase_ != phase::over) {
                    around_.facts(std::move(fact));
                }
            }
        }
    }

    void flush_line() {
        if (events_ && !line_out_.empty()) {
            events_->send(line_out_);
        }
        line_out_.clear();
    }

    void wake() {
        const instant now = steady_now();
        instant next = std::min({line_.next_deadline(), lanes_.next_deadline(now), desk_.next_deadline()});
        if (phase_ == phase::leaving) {
            next = std::min(next, leave_by_);
        }
        if (next == never || (wakes_at_ > now && wakes_at_ <= next)) {
            return;  // an earlier wake-up finds the later one
        }
        wakes_at_ = next;
        timer_.expires_at(asio::steady_timer::time_point(
            std::chrono::duration_cast<asio::steady_timer::duration>(next.time_since_epoch())));
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && self->phase_ != phase::idle && self->phase_ != phase::over) {
                self->wakes_at_ = instant{};
                self->advance();
            }
        });
    }

    void advance() {
        const instant now = steady_now();
        line_.advance(now);
        lanes_.advance(now);
        if (lanes_.take_probe(now)) {
            line_.send(socket_text(probe_));  // Asterisk was slow once; that is over when it answers this
        }
        desk_.advance(now);
        turn();
    }

    void die(failure why) {
        if (phase_ == phase::over) {
            return;
        }
        const auto kept = shared_from_this();
        shut();
        const bool relieved = why.kind == failure_kind::taken;
        around_.log(relieved ? level::warning : level::error,
                    "ari line=over app=" + app_ + " reason=\"" + why.text + "\"");
        around_.fatal(std::move(why));
        if (const auto left = std::exchange(left_, nullptr)) {
            left();
        }
    }

    asio::any_io_executor loop_;
    endpoint where_;
    std::string app_;
    limits limit_;
    transport way_;
    surroundings around_;
    counters counters_;
    desk desk_;
    lanes lanes_;
    line line_;
    exchange probe_;
    asio::steady_timer timer_;
    instant wakes_at_{};
    std::vector<std::shared_ptr<wire>> connections_;
    std::shared_ptr<wire> events_;
    std::string line_out_;  ///< frames of this turn
    bool turn_scheduled_ = false;
    bool renounced_ = false;
    phase phase_ = phase::idle;
    instant leave_by_ = never;
    std::function<void()> left_;
    std::function<void()> allowed_;  ///< asked for; nobody else takes the application
    std::string line_trouble_;
    std::optional<failure> bad_url_;  ///< told when it is to start: there is nowhere to connect to
};

client::client(asio::any_io_executor loop, options wanted, surroundings around) {
    auto where = parse_endpoint(wanted.url);
    const bool usable = where.ok();
    insides_ =
        std::make_shared<insides>(std::move(loop), std::move(wanted), usable ? *where : endpoint{}, std::move(around));
    if (!usable) {
        insides_->refuse_to_start(where.why());
    }
}

client::~client() {
    insides_->shut();
}

void client::start() {
    insides_->start();
}

void client::ask(std::function<void()> allowed) {
    insides_->ask(std::move(allowed));
}

void client::stop(std::function<void()> closed) {
    insides_->stop(std::move(closed));
}

void client::renounce() {
    insides_->renounce();
}

bool client::over() const {
    return insides_->over();
}

bool client::reached() const {
    return insides_->reached();
}

const std::string& client::trouble() const {
    return insides_->trouble();
}

bool client::connected() const {
    return insides_->connected();
}

const counters& client::counted() const {
    return insides_->counted();
}

void client::carry_out(const call::sound& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::dial& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::call_out& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::make_bridge& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::answer_panel& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::join& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::drop_leg& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::drop_panel& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::give_back& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::remove_bridge& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::send_keys& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::drop_stray& wish) {
    insides_->carry_out(wish);
}

void client::carry_out(const call::remove_stray_bridge& wish) {
    insides_->carry_out(wish);
}

}  // namespace td::ari
