#include "crm/http_crm.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "crm/codec.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace td::crm {
namespace {

http::client_options client_options(const http_crm_options& options) {
    http::client_options wanted;
    wanted.bearer = options.token;
    wanted.in_flight = options.in_flight;
    wanted.waiting = options.waiting;
    return wanted;
}

struct reading {
    result<knowledge> known;
    std::size_t dropped = 0;
};

reading read_body(const question& asked, const std::string& body) {
    if (asked.flat.empty()) {
        auto panel = read_panel(body);
        return panel ? reading{knowledge{std::move(panel).value()}} : reading{panel.why()};
    }
    auto flat = read_flat(body);
    return flat ? reading{knowledge{std::move(flat->flat)}, flat->dropped} : reading{flat.why()};
}

reading read_outcome(const question& asked, const result<http::response>& outcome) {
    if (!outcome) {
        return {outcome.why()};
    }
    if (outcome->status == 404) {
        return {knowledge{nobody{}}};
    }
    if (outcome->status != 200) {
        return {failure{failure_kind::refused, "status_" + std::to_string(outcome->status)}};
    }
    return read_body(asked, outcome->body);
}

}  // namespace

class http_crm::desk : public std::enable_shared_from_this<http_crm::desk> {
public:
    desk(boost::asio::io_context& loop, http_crm_options options, std::function<instant()> now, ports::fact_sink sink)
        : loop_(loop),
          url_(http::without_last_slash(options.url)),
          timeout_(options.timeout),
          now_(std::move(now)),
          sink_(std::move(sink)),
          directory_(options.rules) {
        if (!options.memory.empty()) {
            file_.emplace(
                memory_file_options{
                    .path = options.memory, .stale = options.rules.stale, .entries = options.rules.entries},
                now_);
            const instant oldest = now_() - options.rules.stale;
            file_->load([&](memory_line line) {
                if (line.answer.at >= oldest) {
                    directory_.remember(line.asked, std::move(line.answer));
                }
            });
        }
        client_.emplace(loop, client_options(options));
    }

    void stop() { client_.reset(); }

    void find(const call::find_accounts& wanted) { carry_out(directory_.find(wanted, now_())); }
    void find(const call::find_site& wanted) { carry_out(directory_.find_site(wanted, now_())); }

    [[nodiscard]] std::optional<panel_record> panel(const panel_id& name) { return directory_.panel(name, now_()); }
    [[nodiscard]] const directory& known() const { return directory_; }
    [[nodiscard]] const memory_file_counters* file_counters() const { return file_ ? &file_->counters() : nullptr; }

private:
    void carry_out(directory::turn turn) {
        for (call::fact& each : turn.facts) {
            boost::asio::post(loop_, [weak = weak_from_this(), fact = std::move(each)]() mutable {
                const auto self = weak.lock();
                if (self && self->client_) {
                    self->sink_(std::move(fact));
                }
            });
        }
        for (question& each : turn.ask) {
            ask(std::move(each));
        }
    }

    void ask(question asked) {
        http::request wish;
        wish.url = url_ + (asked.flat.empty() ? panel_path(asked.panel) : accounts_path(asked.panel, asked.flat));
        wish.limit = timeout_;
        // The client calls nothing after its destruction, and it is ours: `this` lives.
        client_->send(std::move(wish),
                      [this, about = std::move(asked)](const http::reply& got) { answered(about, got); });
    }

    void answered(const question& asked, const http::reply& got) {
        reading read = read_outcome(asked, got.outcome);
        directory_.count_dropped_names(read.dropped);
        const instant now = now_();
        if (read.known && file_) {
            file_->add({asked, {*read.known, now}});
        }
        carry_out(directory_.answered(asked, std::move(read.known), now));
    }

    boost::asio::io_context& loop_;
    std::string url_;
    duration timeout_;
    std::function<instant()> now_;
    ports::fact_sink sink_;
    directory directory_;
    std::optional<memory_file> file_;
    std::optional<http::client> client_;
};

http_crm::http_crm(boost::asio::io_context& loop, http_crm_options options, std::function<instant()> now,
                   ports::fact_sink sink)
    : desk_(std::make_shared<desk>(loop, std::move(options), std::move(now), std::move(sink))) {}

http_crm::~http_crm() {
    desk_->stop();
}

void http_crm::find(const call::find_accounts& wanted) {
    desk_->find(wanted);
}

void http_crm::find(const call::find_site& wanted) {
    desk_->find(wanted);
}

std::optional<panel_record> http_crm::panel(const panel_id& name) const {
    return desk_->panel(name);
}

const directory_counters& http_crm::counters() const {
    return desk_->known().counters();
}

std::size_t http_crm::remembered_count() const {
    return desk_->known().remembered_count();
}

const memory_file_counters* http_crm::file_counters() const {
    return desk_->file_counters();
}

}  // namespace td::crm
