#include "cmd/metrics_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "config/words.hpp"
#include "runtime/open_file.hpp"

namespace td::cmd {

result<done> write_metrics_file(const std::string& path, std::string_view text) {
    // In the same directory, because a rename does not cross file systems; not ending in .prom, because the collector
    // reads every file that does; with our number, because two runs may write at once.
    const std::string beside = path + "." + std::to_string(::getpid()) + ".tmp";
    const auto failed = [&](const std::string& why) {
        return failure{failure_kind::not_allowed, "cannot write the metrics file " + config::printable(path, 300) +
                                                      " (" + why + "): name one in a directory that you may write to"};
    };
    runtime::open_file file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) {
        return failed(runtime::errno_text());
    }
    // The collector runs as another user.
    const bool written = file.write(text) == text.size() && ::fchmod(file.fd(), 0644) == 0 && ::fsync(file.fd()) == 0;
    const std::string why = runtime::errno_text();
    file.close();
    if (!written || std::rename(beside.c_str(), path.c_str()) != 0) {
        const std::string reason = written ? runtime::errno_text() : why;
        std::remove(beside.c_str());
        return failed(reason);
    }
    return done{};
}

}  // namespace td::cmd
