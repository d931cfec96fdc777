#pragma once
// A file descriptor that closes itself, and writing that goes on where it was interrupted.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace td::runtime {

class open_file {
public:
    open_file() = default;
    open_file(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
    open_file(open_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    open_file& operator=(open_file&& other) noexcept {
        close();
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }
    ~open_file() { close(); }

    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    [[nodiscard]] int fd() const { return fd_; }
    void close() {
        if (fd_ >= 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }

    /// How many bytes were taken; fewer than all: errno says why.
    [[nodiscard]] std::size_t write(std::string_view bytes) const {
        std::size_t written = 0;
        while (written < bytes.size()) {
            const ssize_t count = ::write(fd_, bytes.data() + written, bytes.size() - written);
            if (count < 0 && errno == EINTR) {
                continue;
            }
            if (count <= 0) {
                break;
            }
            written += static_cast<std::size_t>(count);
        }
        return written;
    }

private:
    int fd_ = -1;
};

/// The words for errno.
[[nodiscard]] inline std::string errno_text() {
    return std::strerror(errno);
}  // NOLINT(concurrency-mt-unsafe)
// glibc's strerror keeps its buffer per thread since 2.32.

}  // namespace td::runtime
