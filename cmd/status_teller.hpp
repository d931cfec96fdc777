#pragma once
// SIGUSR1 asks a verb that runs for long how far it is: one line on stderr, also where that is no terminal.

#include <functional>
#include <string>
#include <thread>

#include "cmd/context.hpp"

namespace td::cmd {

class status_teller {
public:
    /// A thread of its own says `words`; they are asked for there. To be made before the verb's other threads, which
    /// inherit that the signal is none of theirs. While it lives nobody else may write to `with`.
    status_teller(context& with, std::function<std::string()> words);
    ~status_teller();
    status_teller(const status_teller&) = delete;
    status_teller& operator=(const status_teller&) = delete;

private:
    std::jthread thread_;
};

}  // namespace td::cmd
