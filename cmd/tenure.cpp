#include "cmd/tenure.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

// glibc 2.36 forgot to say in its header that these are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace td::cmd {
namespace {

constexpr std::size_t longest_work = 1024;

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

}  // namespace

result<std::unique_ptr<tenure>> tenure::open(const std::string& dir, const std::string& node) {
    std::filesystem::path path = std::filesystem::path(dir) / (node + ".lock");
    runtime::open_file file(path, O_RDWR | O_CREAT);
    if (!file.is_open()) {
        const bool full = errno == ENOSPC || errno == EDQUOT;
        return failure{full ? failure_kind::full : failure_kind::not_allowed,
                       "cannot open " + path.string() + ": " + runtime::errno_text()};
    }
    return std::unique_ptr<tenure>(new tenure(std::move(path), std::move(file)));
}

result<bool> tenure::take(const std::string& work) {
    const struct flock lock = whole_file(F_WRLCK);
    if (::fcntl(file_.fd(), F_SETLK, &lock) != 0) {
        if (errno == EACCES || errno == EAGAIN) {
            return false;
        }
        return failure{failure_kind::not_allowed, "cannot lock " + path_.string() + ": " + runtime::errno_text() +
                                                      "; journal.dir must be on a file system with locks"};
    }
    // Only for a successor's eyes: where the disk is full, he finds it empty and is as careful as without.
    if (::ftruncate(file_.fd(), 0) == 0) {
        static_cast<void>(::pwrite(file_.fd(), work.data(), std::min(work.size(), longest_work), 0));
    }
    return true;
}

std::optional<pid_t> tenure::holder() const {
    struct flock lock = whole_file(F_WRLCK);
    if (::fcntl(file_.fd(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || lock.l_pid <= 0) {
        return std::nullopt;
    }
    return lock.l_pid;
}

std::string tenure::work_of_holder() const {
    std::array<char, longest_work> text{};
    const ssize_t count = ::pread(file_.fd(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

void tenure::end_holder() const {
    // Between the question and the signal the holder may have ended and its number may be another's: the descriptor is
    // of the process that we asked about, and the second question makes sure that it still is the holder.
    const auto asked = holder();
    const int process = asked ? ::pidfd_open(*asked, 0) : -1;
    if (process >= 0) {
        if (holder() == asked) {
            static_cast<void>(::pidfd_send_signal(process, SIGKILL, nullptr, 0));
        }
        ::close(process);
    }
}

int end_of(pid_t process) {
    return process > 0 ? ::pidfd_open(process, 0) : -1;  // pidfd_open(2)
}

void wait_for_end(pid_t process, int limit_ms) {
    const int descriptor = end_of(process);
    if (descriptor >= 0) {
        pollfd end{descriptor, POLLIN, 0};
        static_cast<void>(::poll(&end, 1, limit_ms));
        ::close(descriptor);
    }
}

}  // namespace td::cmd
