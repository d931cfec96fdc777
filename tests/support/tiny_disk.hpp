#pragma once
// A disk that is full after a few kilobytes: a tmpfs of its own, for tests that run as root. Where mounting is not
// allowed, `mounted` is false and the test has to say so.

#include <sys/mount.h>

#include <string>

#include "scratch.hpp"

namespace td {

class tiny_disk {
public:
    explicit tiny_disk(std::size_t kilobytes) {
        const std::string size = "size=" + std::to_string(kilobytes) + "k";
        mounted_ = ::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
    }
    tiny_disk(const tiny_disk&) = delete;
    tiny_disk& operator=(const tiny_disk&) = delete;
    ~tiny_disk() {
        if (mounted_) {
            ::umount2(dir_.path().c_str(), MNT_DETACH);
        }
    }
    [[nodiscard]] bool mounted() const { return mounted_; }
    /// From now on it takes nothing, as after an error of the disk; or it does again.
    bool read_only() { return remount(MS_RDONLY); }
    bool writable() { return remount(0); }
    [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }

private:
    bool remount(unsigned long how) {
        return ::mount("tmpfs", dir_.path().c_str(), "tmpfs", MS_REMOUNT | how, nullptr) == 0;
    }

    scratch_dir dir_;
    bool mounted_ = false;
};

}  // namespace td
