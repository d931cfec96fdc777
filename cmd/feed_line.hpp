#pragma once
// Where the finished records go: into the spool, and from there to RabbitMQ when feed.url names one. Here is only the
// wiring.

#include <chrono>
#include <memory>

#include "cmd/adapters.hpp"
#include "feed/publisher.hpp"
#include "feed/spool.hpp"

namespace td::cmd {

class feed_line {
public:
    /// Fails on what is wrong in the configuration or with the spool; a broker that is away is an alarm, and no
    /// failure. `alarms` is called on threads of the feed.
    [[nodiscard]] static result<std::unique_ptr<feed_line>> open(const config::settings& from,
                                                                 const secret_reader& secrets, alarm_sink alarms);

    [[nodiscard]] ports::feed& role() { return *spool_; }
    void show(instant now, runtime::metrics& to) const;
    /// How long the end may wait for whom.
    struct patience {
        std::chrono::milliseconds disk;
        std::chrono::milliseconds broker;  ///< what it does not get now it gets from the next worker
    };
    /// The last records to the disk, and to the broker if it is there. Failure `full`: not all are on disk.
    result<done> close(patience limit);
    /// After `close`: the program must end by std::_Exit, because a thread hangs in a name server or a disk.
    [[nodiscard]] bool threads_left() const {
        return spool_->thread_left() || (publisher_ != nullptr && publisher_->thread_left());
    }

private:
    feed_line() = default;

    std::unique_ptr<feed::spool> spool_;
    std::unique_ptr<feed::publisher> publisher_;  ///< none where feed.url is none
};

}  // namespace td::cmd
