#pragma once
// One process serves for a node and its journal. Whoever does holds a lock on a file beside the journal's; the kernel
// gives it back the moment the process dies, however it dies.

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "runtime/open_file.hpp"

namespace td::cmd {

class tenure {
public:
    /// Opens or makes `dir`/`node`.lock. Failures: full, not_allowed. Open it once in a process: closing any other
    /// descriptor of the file would give the lock back (fcntl(2), F_SETLK).
    [[nodiscard]] static result<std::unique_ptr<tenure>> open(const std::string& dir, const std::string& node);

    /// True when the lock is ours now, false when another process holds it. `work` says in the file what is served, for
    /// `work_of_holder`. Failure: not_allowed, where the file system has no locks.
    [[nodiscard]] result<bool> take(const std::string& work);
    /// The process that holds it; nothing when nobody does, or it lives where its number means nothing here (another
    /// host, another PID namespace).
    [[nodiscard]] std::optional<pid_t> holder() const;
    [[nodiscard]] std::string work_of_holder() const;

    /// Ends the holder at once, with SIGKILL; nothing when nobody holds it.
    void end_holder() const;

private:
    tenure(std::filesystem::path path, runtime::open_file file) : path_(std::move(path)), file_(std::move(file)) {}
    std::filesystem::path path_;
    runtime::open_file file_;
};

/// A descriptor that becomes readable once the process is gone with everything it had open; the caller closes it. -1
/// where there is no such process.
[[nodiscard]] int end_of(pid_t process);
/// Waits for that, at most so many milliseconds.
void wait_for_end(pid_t process, int limit_ms);

}  // namespace td::cmd
