#include "cmd/status_teller.hpp"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace td::cmd {
namespace {

sigset_t question() {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    return one;
}

}  // namespace

status_teller::status_teller(context& with, std::function<std::string()> words) {
    const sigset_t asked = question();
    pthread_sigmask(SIG_BLOCK, &asked, nullptr);  // and so it stays: a late question must not end the process
    thread_ = std::jthread([&with, words = std::move(words)](const std::stop_token& over) {
        const sigset_t awaited = question();
        int number = 0;
        while (sigwait(&awaited, &number) == 0 && !over.stop_requested()) {
            with.complain(words());
        }
    });
}

status_teller::~status_teller() {
    thread_.request_stop();
    pthread_kill(thread_.native_handle(), SIGUSR1);
}

}  // namespace td::cmd
