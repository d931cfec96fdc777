#pragma once
// The file of a worker's notes of the pool, written on a thread of its own: a disk that hangs holds up no call.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/patient_thread.hpp"
#include "base/result.hpp"
#include "lending/mailbox.hpp"
#include "pool/notebook.hpp"

namespace td::lending {

/// One worker a file: two would each take the other's block for the one of a run that is over.
class notes_lock {
public:
    /// Failure: taken, another worker has it.
    static result<std::unique_ptr<notes_lock>> take(const std::filesystem::path& path);
    notes_lock(const notes_lock&) = delete;
    notes_lock& operator=(const notes_lock&) = delete;
    ~notes_lock();

private:
    explicit notes_lock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

class notes_file {
public:
    /// `told` is called on the loop with every save that is on the disk, or why it is not.
    notes_file(std::filesystem::path path, std::shared_ptr<mailbox> letters,
               std::function<void(std::uint64_t, result<done>)> told);
    notes_file(const notes_file&) = delete;
    notes_file& operator=(const notes_file&) = delete;
    /// Leaves a disk alone that does not return.
    ~notes_file();

    /// What a former run has left; nothing when there was none. Failure: it cannot be read, or is no such file; that is
    /// kept aside, for what it may still tell somebody. Waits for the disk.
    static result<std::optional<pool::notes>> read(const std::filesystem::path& path);

    /// One save at a time: the next when `told` was called.
    void write(pool::notebook::save what);
    /// Writes what is under way; false: not within this time.
    [[nodiscard]] bool close(std::chrono::milliseconds limit);

private:
    struct shared;
    std::shared_ptr<shared> shared_;  // with the thread, which may outlive us on a dead disk
    patient_thread thread_;
};

}  // namespace td::lending
