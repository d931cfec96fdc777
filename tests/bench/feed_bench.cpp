// How fast finished records leave: from the spool through RabbitMQ's confirms to the confirmed place, beside a
// yardstick of plain publishing of the same bodies, transient and without confirms, over one connection.
//
//     feed_bench [RECORDS]     a RabbitMQ of its own is started

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "feed/publisher.hpp"
#include "feed/record_codec.hpp"
#include "feed/spool.hpp"
#include "tests/support/numbered_record.hpp"
#include "tests/support/rabbitmq_server.hpp"

namespace {

using namespace td;
using clock_type = std::chrono::steady_clock;

call::door_record record_of(std::uint64_t number) {
    call::door_record record = test::numbered_record(number);
    for (unsigned i = 0; i < 4; ++i) {
        call::leg_record leg;
        leg.account = account_id("7900111223" + std::to_string(i));
        leg.dialled_ms = 4;
        record.legs.push_back(leg);
    }
    return record;
}

double seconds_since(clock_type::time_point began) {
    return std::chrono::duration<double>(clock_type::now() - began).count();
}

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "feed_bench: %s\n", why.c_str());
    std::exit(1);
}

template <class Condition>
void wait_for(Condition condition, const char* what) {
    const auto until = clock_type::now() + std::chrono::seconds(300);
    while (!condition()) {
        if (clock_type::now() > until) {
            fail(what);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/// The same bodies as fast as the library writes them; over when the broker has read the last one.
double yardstick(std::uint16_t port, std::uint64_t records) {
    amqp_connection_state_t line = amqp_new_connection();
    amqp_socket_t* socket = amqp_tcp_socket_new(line);
    if (amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK ||
        amqp_login(line, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "lab", "lab").reply_type != AMQP_RESPONSE_NORMAL) {
        fail("the yardstick is not let in");
    }
    amqp_channel_open(line, 1);
    std::string body;
    feed::append_door_finished(body, record_of(1));
    const auto began = clock_type::now();
    for (std::uint64_t i = 0; i < records; ++i) {
        if (amqp_basic_publish(line, 1, test::amqp_text("td.calls"), test::amqp_text("door.finished"), 0, 0, nullptr,
                               test::amqp_text(body)) != AMQP_STATUS_OK) {
            fail("the yardstick cannot publish");
        }
    }
    amqp_channel_close(line, 1, AMQP_REPLY_SUCCESS);  // answered behind everything before it
    const double took = seconds_since(began);
    amqp_destroy_connection(line);
    return took;
}

}  // namespace

int main(int count, char** words) {
    const std::uint64_t records = count > 1 ? std::strtoull(words[1], nullptr, 10) : 50'000;
    test::rabbitmq_server broker;
    const scratch_dir dir;
    feed::spool_options to;
    to.dir = dir.path();
    to.buffer_limit = std::size_t{1} << 30U;
    auto spool = feed::spool::open(to, {});
    if (!spool) {
        fail(spool.why().text);
    }
    auto began = clock_type::now();
    for (std::uint64_t i = 1; i <= records; ++i) {
        (*spool)->take(record_of(i));
    }
    wait_for([&] { return (*spool)->counts().taken == records; }, "the records did not reach the disk");
    const double spooling = seconds_since(began);

    feed::publisher_options options;
    options.spool = dir.path();
    options.broker = {"127.0.0.1", broker.port(), "lab", "/", "td.calls"};
    options.password = secret("lab");
    began = clock_type::now();
    auto publisher = feed::publisher::open(options, {});
    if (!publisher) {
        fail(publisher.why().text);
    }
    wait_for([&] { return (*publisher)->counts().confirmed == records; }, "the records were not confirmed");
    const double confirming = seconds_since(began);
    (*publisher)->close(std::chrono::seconds(5));

    const double plain = yardstick(broker.port(), records);
    const auto rate = [&](double took) { return static_cast<double>(records) / took; };
    std::printf("bench=feed records=%llu spooled_per_s=%.0f confirmed_per_s=%.0f yardstick_per_s=%.0f ratio=%.2f\n",
                static_cast<unsigned long long>(records), rate(spooling), rate(confirming), rate(plain),
                plain / confirming);
    return 0;
}
