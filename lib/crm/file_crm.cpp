#include "crm/file_crm.hpp"

#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "crm/site.hpp"

namespace td::crm {

class file_crm::desk : public std::enable_shared_from_this<file_crm::desk> {
public:
    desk(boost::asio::io_context& loop, std::filesystem::path path, ports::fact_sink sink, flats_file known)
        : loop_(loop), path_(std::move(path)), sink_(std::move(sink)), known_(std::move(known)) {}

    void stop() {
        stopped_ = true;
        if (reader_.joinable()) {
            reader_.join();
        }
    }

    void find(const call::find_accounts& wanted) {
        const auto panel = known_.find(wanted.panel);
        if (panel == known_.end()) {
            tell(call::panel_described{wanted.call, {}});
            tell(call::flat_unknown{wanted.call, call::crm_source::file, 0});
            return;
        }
        tell(call::panel_described{wanted.call, panel->second.panel.name});
        const auto flat = panel->second.flats.find(wanted.flat);
        if (flat == panel->second.flats.end()) {
            tell(call::flat_unknown{wanted.call, call::crm_source::file, 0});
        } else {
            tell(call::accounts_found{wanted.call, flat->second, call::crm_source::file, 0});
        }
    }

    void find(const call::find_site& wanted) {
        const auto panel = known_.find(wanted.panel);
        if (panel == known_.end()) {
            tell(call::site_missing{wanted.call, "not_found", 0});
        } else {
            tell(call::site_found{wanted.call, site_of(panel->second.panel), call::crm_source::file, 0});
        }
    }

    void reload(std::function<void(result<std::size_t>)> then) {
        if (reading_) {
            boost::asio::post(loop_, [weak = weak_from_this(), then = std::move(then)] {
                const auto self = weak.lock();
                if (self && !self->stopped_) {
                    then(failure{failure_kind::taken,
                                 self->path_.string() + " is being read just now: ask again afterwards"});
                }
            });
            return;
        }
        reading_ = true;
        if (reader_.joinable()) {
            reader_.join();  // it has posted its answer, which was its last act
        }
        reader_ = std::thread([weak = weak_from_this(), &loop = loop_, path = path_, then = std::move(then)]() mutable {
            auto read = load_flats(path);
            boost::asio::post(loop, [weak, read = std::move(read), then = std::move(then)]() mutable {
                const auto self = weak.lock();
                if (self && !self->stopped_) {
                    then(self->take(std::move(read)));
                }
            });
        });
    }

    [[nodiscard]] std::optional<panel_record> panel(const panel_id& name) const {
        const auto found = known_.find(name);
        return found == known_.end() ? std::nullopt : std::optional(found->second.panel);
    }

private:
    result<std::size_t> take(result<flats_file> read) {
        reading_ = false;
        if (!read) {
            return read.why();
        }
        known_ = std::move(read).value();
        return known_.size();
    }

    void tell(call::fact what) {
        boost::asio::post(loop_, [weak = weak_from_this(), what = std::move(what)]() mutable {
            const auto self = weak.lock();
            if (self && !self->stopped_) {
                self->sink_(std::move(what));
            }
        });
    }

    boost::asio::io_context& loop_;
    std::filesystem::path path_;
    ports::fact_sink sink_;
    flats_file known_;
    std::thread reader_;
    bool reading_ = false;
    bool stopped_ = false;
};

result<std::unique_ptr<file_crm>> file_crm::open(boost::asio::io_context& loop, std::filesystem::path path,
                                                 ports::fact_sink sink) {
    auto known = load_flats(path);
    if (!known) {
        return known.why();
    }
    auto made = std::make_shared<desk>(loop, std::move(path), std::move(sink), std::move(known).value());
    // make_unique cannot reach the private constructor.
    return std::unique_ptr<file_crm>(new file_crm(std::move(made)));
}

file_crm::file_crm(std::shared_ptr<desk> made) : desk_(std::move(made)) {}

file_crm::~file_crm() {
    desk_->stop();
}

void file_crm::find(const call::find_accounts& wanted) {
    desk_->find(wanted);
}

void file_crm::reload(std::function<void(result<std::size_t>)> then) {
    desk_->reload(std::move(then));
}

void file_crm::find(const call::find_site& wanted) {
    desk_->find(wanted);
}

std::optional<panel_record> file_crm::panel(const panel_id& name) const {
    return desk_->panel(name);
}

}  // namespace td::crm
