#include "cmd/feed_line.hpp"

#include <utility>

namespace td::cmd {
namespace {

result<feed::publisher_options> publisher_options(const config::settings& from, const secret_reader& secrets) {
    const config::address& url = from.feed.url;
    auto password = secrets(from.feed.password);
    if (!password) {
        return password.why();
    }
    if (password->reveal().empty()) {
        return failure{
            failure_kind::bad_input,
            "feed.password is empty, and RabbitMQ lets nobody in without a password; write where it is kept"};
    }
    auto user = feed::amqp_name(url.user);
    auto vhost = feed::vhost_of_path(url.path);
    if (!user || !vhost) {
        return failure{failure_kind::bad_input, "feed.url = \"" + url.text +
                                                    "\": the user or the vhost has a wrong percent sign, or is longer "
                                                    "than 255 bytes; a / in a vhost is written %2f"};
    }
    feed::publisher_options options;
    options.spool = from.feed.spool;
    options.broker = {url.host, url.port, std::move(*user), std::move(*vhost), from.feed.exchange};
    options.password = std::move(*password);
    return options;
}

}  // namespace

result<std::unique_ptr<feed_line>> feed_line::open(const config::settings& from, const secret_reader& secrets,
                                                   alarm_sink alarms) {
    std::unique_ptr<feed_line> made(new feed_line);
    auto spool = feed::spool::open(spool_options(from), alarms);
    if (!spool) {
        return spool.why();
    }
    made->spool_ = std::move(*spool);
    if (from.feed.url.is("none")) {
        return made;
    }
    auto options = publisher_options(from, secrets);
    if (!options) {
        return options.why();
    }
    auto publisher = feed::publisher::open(std::move(*options), std::move(alarms));
    if (!publisher) {
        return publisher.why();
    }
    made->publisher_ = std::move(*publisher);
    return made;
}

void feed_line::show(instant now, runtime::metrics& to) const {
    cmd::show(spool_->counts(), now, to);
    if (publisher_ == nullptr) {
        return;
    }
    const feed::publisher_counts counts = publisher_->counts();
    to.reach(runtime::counter::feed_published, counts.published);
    to.reach(runtime::counter::feed_confirmed, counts.confirmed);
    to.reach(runtime::counter::feed_returned, counts.returned);
    to.reach(runtime::counter::feed_nacked, counts.refused);
    to.reach(runtime::counter::feed_reconnects, counts.reconnects);
    to.reach(runtime::counter::feed_damaged, counts.damaged);
    to.show(runtime::gauge::feed_connected, counts.connected ? 1 : 0);
    to.show(runtime::gauge::feed_blocked, counts.blocked ? 1 : 0);
    to.show(runtime::gauge::feed_in_flight, static_cast<double>(counts.in_flight));
    to.show(runtime::gauge::feed_unconfirmed_age_seconds, std::chrono::duration<double>(counts.waits).count());
}

result<done> feed_line::close(patience limit) {
    auto spooled = spool_->close(limit.disk);
    if (publisher_ != nullptr) {
        publisher_->close(limit.broker);
    }
    return spooled;
}

}  // namespace td::cmd
