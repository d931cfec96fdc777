#pragma once
// What the tests on RabbitMQ share.

#include "tests/support/rabbitmq_server.hpp"
#include "tests/support/scratch.hpp"

namespace td::test {

/// One broker for all of them, since a start takes it a quarter of a minute: it ends with the program.
inline rabbitmq_server& broker() {
    static rabbitmq_server the_broker;
    return the_broker;
}

/// Longer than comes_true waits: a broker that starts on a busy machine.
template <class Condition>
bool in_time(Condition condition) {
    for (int i = 0; i < 2; ++i) {
        if (comes_true(condition)) {
            return true;
        }
    }
    return false;
}

}  // namespace td::test
