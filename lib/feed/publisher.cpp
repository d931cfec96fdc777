#include "feed/publisher.hpp"

#include <algorithm>
#include <utility>

#include "base/alarm_gate.hpp"
#include "feed/delivery.hpp"

namespace td::feed {

struct publisher::shared {
    shared(publisher_options options, alarm_sink alarms, std::unique_ptr<spool_reader> reader)
        : gate(std::move(alarms)),
          work(
              std::move(options), [this](const alarm& news) { gate.tell(news); }, std::move(reader), desk) {}
    alarm_gate gate;
    delivery_desk desk;
    delivery work;
};

result<std::unique_ptr<publisher>> publisher::open(publisher_options options, alarm_sink alarms) {
    auto reader = spool_reader::open(options.spool, spool_reading::consume);
    if (!reader) {
        return reader.why();
    }
    return std::unique_ptr<publisher>(
        new publisher(std::make_shared<shared>(std::move(options), std::move(alarms), std::move(*reader))));
}

publisher::publisher(std::shared_ptr<shared> state)
    : state_(std::move(state)), thread_([shared = state_] { shared->work.run(); }) {}

publisher::~publisher() {
    state_->gate.shut();
    if (!closed_) {
        close(std::chrono::milliseconds(0));
    }
}

publisher_counts publisher::counts() const {
    const delivery_desk& desk = state_->desk;
    publisher_counts all;
    all.published = desk.published;
    all.confirmed = desk.confirmed;
    all.returned = desk.returned;
    all.refused = desk.refused;
    all.reconnects = desk.reconnects;
    all.damaged = desk.damaged;
    all.connected = desk.connected;
    all.blocked = desk.blocked;
    all.in_flight = desk.in_flight;
    if (const duration oldest{desk.oldest.load()}; oldest > duration::zero()) {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        all.waits = std::max(std::chrono::duration_cast<duration>(now) - oldest, duration{1});
    }
    return all;
}

void publisher::close(std::chrono::milliseconds limit) {
    closed_ = true;
    // A quarter of the time is for the act that is under way when the others are over.
    state_->desk.stop_by = std::chrono::steady_clock::now() + limit * 3 / 4;
    state_->desk.stopping = true;
    state_->desk.doorbell.ring();
    left_ = !thread_.over_within(limit);
    if (left_) {
        state_->gate.shut();
    }
}

}  // namespace td::feed
