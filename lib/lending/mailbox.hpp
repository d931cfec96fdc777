#pragma once
// How the threads of the lending desk tell the loop what they have done: a list without locks, and a descriptor that
// the loop can wait for. A thread that hangs for hours may still write to it: it owns its part, and needs no loop.

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/inbox.hpp"

namespace td::lending {

class mailbox {
public:
    using letter = std::function<void()>;  ///< to be read on the loop, by its owner

    mailbox() : letters_(limit), fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        if (fd_ < 0) {
            throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
        }
    }
    mailbox(const mailbox&) = delete;
    mailbox& operator=(const mailbox&) = delete;
    ~mailbox() { ::close(fd_); }

    /// Any thread. A thread has one letter under way at most, so the limit is never met.
    void post(letter what) {
        static_cast<void>(letters_.put(std::move(what), 1));
        static_cast<void>(::eventfd_write(fd_, 1));
    }
    /// Loop only.
    [[nodiscard]] std::vector<letter> take_all() {
        eventfd_t ignored = 0;
        static_cast<void>(::eventfd_read(fd_, &ignored));
        auto letters = letters_.take_all();
        letters_.settle(letters.size());
        return letters;
    }
    /// Readable while there are letters.
    [[nodiscard]] int fd() const { return fd_; }

private:
    static constexpr std::size_t limit = 100'000;
    inbox<letter> letters_;
    int fd_;
};

}  // namespace td::lending
