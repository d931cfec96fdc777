#include "lending/notes_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace td::lending {
namespace fs = std::filesystem;

struct notes_file::shared {
    shared(fs::path where, std::shared_ptr<mailbox> to, std::function<void(std::uint64_t, result<done>)> then)
        : path(std::move(where)), letters(std::move(to)), told(std::move(then)) {}
    fs::path path;
    std::shared_ptr<mailbox> letters;
    std::function<void(std::uint64_t, result<done>)> told;
    inbox<pool::notebook::save> saves{4};
    std::atomic<bool> stopping{false};
};

namespace {

class descriptor {
public:
    descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

bool write_all(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(to, text.data(), text.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

failure cannot(const std::string& what, const fs::path& path) {
    return {failure_kind::unreachable,
            "cannot " + what + " " + path.string() + ": " + std::generic_category().message(errno)};
}

/// The whole file or the one that was there before, whatever happens meanwhile.
result<done> replace(const fs::path& path, std::string_view text) {
    std::error_code ignored;
    const fs::path beside = path.has_parent_path() ? path.parent_path() : fs::path(".");
    fs::create_directory(beside, ignored);  // opening the file says what is wrong with it
    fs::path making = path;
    making += ".new";
    const descriptor to(making, O_WRONLY | O_CREAT | O_TRUNC);
    if (to.number() < 0 || !write_all(to.number(), text) || ::fsync(to.number()) != 0) {
        return cannot("write", making);
    }
    if (::rename(making.c_str(), path.c_str()) != 0) {
        return cannot("replace", path);
    }
    const descriptor folder(beside, O_RDONLY | O_DIRECTORY);
    if (folder.number() < 0 || ::fsync(folder.number()) != 0) {
        return cannot("sync the directory of", path);
    }
    return done{};
}

}  // namespace

result<std::unique_ptr<notes_lock>> notes_lock::take(const fs::path& path) {
    std::error_code ignored;
    fs::create_directory(path.has_parent_path() ? path.parent_path() : fs::path("."), ignored);
    fs::path beside = path;  // the file itself is replaced with every save
    beside += ".lock";
    const int descriptor = ::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    std::unique_ptr<notes_lock> made(new notes_lock(descriptor));
    // Where no lock can be made, writing the notes says what is wrong with the directory.
    if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return failure{failure_kind::taken, path.string() +
                                                " is another worker's: give each its own pool.notes; until "
                                                "then this one forgets its notes when it ends"};
    }
    return made;
}

notes_lock::~notes_lock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

notes_file::notes_file(fs::path path, std::shared_ptr<mailbox> letters,
                       std::function<void(std::uint64_t, result<done>)> told)
    : shared_(std::make_shared<shared>(std::move(path), std::move(letters), std::move(told))),
      thread_([mine = shared_] {
          for (bool last = false; !last;) {
              last = mine->stopping;
              for (const auto& each : mine->saves.take_all()) {
                  const auto outcome = replace(mine->path, each.text);
                  mine->saves.settle(1);
                  mine->letters->post([told = mine->told, no = each.no, outcome] { told(no, outcome); });
              }
              if (!last) {
                  mine->saves.wait(std::chrono::hours{1});
              }
          }
      }) {}

notes_file::~notes_file() {
    static_cast<void>(close(std::chrono::milliseconds{0}));
}

result<std::optional<pool::notes>> notes_file::read(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error) && !error) {
        return std::optional<pool::notes>();
    }
    std::ifstream from(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(from), {}};
    if (!from.is_open() || from.bad()) {
        return cannot("read", path);
    }
    auto notes = pool::read_notes(text);
    if (!notes) {
        fs::path aside = path;
        aside += ".broken";
        fs::rename(path, aside, error);
        return failure{notes.why().kind, path.string() + ", " + notes.why().text + "; it is not used" +
                                             (error ? "" : " but kept as " + aside.string()) +
                                             ", and a new one takes its place"};
    }
    return std::optional(std::move(notes).value());
}

void notes_file::write(pool::notebook::save what) {
    static_cast<void>(shared_->saves.put(std::move(what), 1));
}

bool notes_file::close(std::chrono::milliseconds limit) {
    shared_->stopping = true;
    shared_->saves.ring();
    return thread_.over_within(limit);
}

}  // namespace td::lending
