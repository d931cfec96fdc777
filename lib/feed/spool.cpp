#include "feed/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/alarm_gate.hpp"
#include "feed/record_codec.hpp"
#include "feed/sos_record_codec.hpp"
#include "feed/spool_memory.hpp"
#include "feed/spool_writer.hpp"

namespace td::feed {
namespace {

failure open_failure(const std::filesystem::path& dir, int error) {
    const failure_kind kind = error == EWOULDBLOCK                ? failure_kind::taken
                              : error == EACCES || error == EROFS ? failure_kind::not_allowed
                                                                  : failure_kind::not_found;
    const std::string remedy = error == EWOULDBLOCK
                                   ? "another worker has this spool; give each one its own feed.spool"
                                   : std::string(std::strerror(error)) +  // NOLINT(concurrency-mt-unsafe)
                                         "; make it, writable for the worker's user";
    return {kind, "feed.spool = \"" + dir.string() + "\": " + remedy};
}

}  // namespace

struct spool::shared {
    shared(spool_options options, alarm_sink alarms, int lock, std::vector<record_name> unkept)
        : gate(std::move(alarms)),
          desk(options.buffer_limit),
          remembered(options.remembered_calls),
          writer(
              std::move(options), [this](const alarm& news) { gate.tell(news); }, desk, lock, std::move(unkept)) {}
    alarm_gate gate;
    spool_desk desk;
    std::size_t remembered;
    spool_writer writer;
};

result<std::unique_ptr<spool>> spool::open(spool_options options, alarm_sink alarms) {
    std::error_code ignored;  // what is wrong with the directory is what opening its lock says
    std::filesystem::create_directory(options.dir, ignored);
    int lock = ::open((options.dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (lock < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EROFS)) {
        // A disk that takes no file costs records, not calls. The directory itself can be locked, but not on NFS.
        lock = ::open(options.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (lock < 0) {
        return open_failure(options.dir, errno);
    }
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        ::close(lock);
        return open_failure(options.dir, error);
    }
    auto known = remember(options.dir, options.remembered_calls);
    auto state = std::make_shared<shared>(std::move(options), std::move(alarms), lock, std::move(known.unkept));
    return std::unique_ptr<spool>(new spool(std::move(state), known.names));
}

spool::spool(std::shared_ptr<shared> state, const std::vector<record_name>& taken_before)
    : state_(std::move(state)), thread_([shared = state_] { shared->writer.run(); }) {
    for (const record_name& each : taken_before) {
        static_cast<void>(first_of(each));
    }
}

spool::~spool() {
    state_->desk.stopping = true;
    state_->desk.lines.ring();
}

bool spool::first_of(const record_name& name) {
    if (!finished_.insert(name).second) {
        return false;
    }
    finished_order_.push_back(name);
    if (finished_order_.size() > state_->remembered) {
        finished_.erase(finished_order_.front());
        finished_order_.pop_front();
    }
    return true;
}

void spool::take(const call::door_record& record) {
    take_record(record);
}

void spool::take(const call::sos_record& record) {
    take_record(record);
}

void spool::take(const call::callback_record& record) {
    take_record(record);
}

void spool::take(const call::sos_alert& news) {
    take_record(news);
}

template <class Record>
void spool::take_record(const Record& record) {
    spool_desk& desk = state_->desk;
    const auto name = name_of_message(message_id(record));
    assert(name);  // both sides of it are ours
    if (!first_of(*name)) {
        ++desk.doubles;
        return;
    }
    spool_line line{*name, {}};
    append_spool_line(line.text, record);
    const std::size_t weight = line.text.size() + spool_line_weight;
    if (!desk.lines.put(std::move(line), weight)) {
        ++desk.refused;
    }
}

spool_counts spool::counts() const {
    const spool_desk& desk = state_->desk;
    return {desk.taken, desk.doubles, desk.refused, desk.bytes, instant{duration{desk.oldest}}, desk.lines.weight()};
}

result<done> spool::close(std::chrono::milliseconds limit) {
    state_->desk.stopping = true;
    state_->desk.lines.ring();
    left_ = !thread_.over_within(limit);
    if (left_) {
        state_->gate.shut();
    }
    if (const std::size_t left = state_->desk.lines.weight(); left > 0) {
        return failure{failure_kind::full, "spool: about " + std::to_string(left) +
                                               " bytes of records were not written" +
                                               (left_ ? ": the disk does not answer" : ": the disk refuses them")};
    }
    return done{};
}

}  // namespace td::feed
