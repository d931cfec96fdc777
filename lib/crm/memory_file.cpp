#include "crm/memory_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace td::crm {
namespace {

// A flat of 1000 accounts with many devices is below the CRM's body limit of 1 MiB; escapes may lengthen it.
constexpr std::size_t longest_line = 8U << 20U;
constexpr std::size_t block = 1U << 16U;

struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using file = std::unique_ptr<std::FILE, file_closer>;

file opened_to_read(const std::filesystem::path& path) {
    return file(std::fopen(path.c_str(), "re"));
}

/// Calls `take` for every whole line; a line without its end (a crash in mid-write) counts as one, `take` finds it
/// broken. False where one was too long to be a line of ours.
void each_line(std::FILE& from, const std::function<void(std::string_view)>& take,
               const std::function<void()>& too_long) {
    std::string line;
    bool skipping = false;
    std::vector<char> bytes(block);
    const auto end_line = [&] {
        if (skipping) {
            too_long();
        } else if (!line.empty()) {
            take(line);
        }
        line.clear();
        skipping = false;
    };
    while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), &from)) {
        std::string_view rest(bytes.data(), count);
        for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            line.append(rest.substr(0, end));
            end_line();
            rest.remove_prefix(end + 1);
        }
        line.append(rest);
        if (line.size() > longest_line) {
            skipping = true;
            line.clear();
        }
    }
    end_line();
}

/// All of it, or false.
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

class descriptor {
public:
    descriptor(const std::filesystem::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool ok() const { return number_ >= 0; }

private:
    int number_;
};

std::uintmax_t size_of(const std::filesystem::path& path) {
    std::error_code none;
    const auto size = std::filesystem::file_size(path, none);
    return none ? 0 : size;
}

/// The numbers of the lines worth keeping: the latest of each question, not too old, the newest `entries` of them.
std::vector<bool> lines_worth_keeping(std::FILE& from, instant oldest, std::size_t entries) {
    std::unordered_map<question, std::size_t, question_hash> latest;
    std::size_t number = 0;
    const auto take = [&](std::string_view text) {
        if (auto line = read_memory_line(text); line && line->answer.at >= oldest) {
            latest[std::move(line->asked)] = number;
        }
        ++number;
    };
    each_line(from, take, [&] { ++number; });
    std::vector<bool> keep(number, false);
    for (const auto& [asked, where] : latest) {
        keep[where] = true;
    }
    std::size_t kept = 0;
    for (std::size_t i = number; i-- > 0;) {
        kept += keep[i] ? 1 : 0;
        keep[i] = keep[i] && kept <= entries;
    }
    return keep;
}

}  // namespace

memory_file::memory_file(memory_file_options options, std::function<instant()> now)
    : options_(std::move(options)),
      now_(std::move(now)),
      lines_(options_.queue_bytes),
      size_after_rewrite_(0),
      writer_([this](const std::stop_token& stopping) { write_until(stopping); }) {}

memory_file::~memory_file() {
    writer_.request_stop();
    lines_.ring();
}

void memory_file::load(const std::function<void(memory_line)>& take) {
    const file from = opened_to_read(options_.path);
    if (from == nullptr) {
        return;
    }
    const auto take_text = [&](std::string_view text) {
        if (auto line = read_memory_line(text)) {
            take(std::move(line).value());
        } else {
            ++counters_.damaged;
        }
    };
    each_line(*from, take_text, [&] { ++counters_.damaged; });
}

void memory_file::add(const memory_line& line) {
    std::string text = written(line);
    const std::size_t weight = text.size();
    if (!lines_.put(std::move(text), weight)) {
        ++counters_.lost;
    }
}

void memory_file::write_until(const std::stop_token& stopping) {
    while (!stopping.stop_requested()) {
        lines_.wait(std::chrono::hours{1});
        write_waiting();
    }
    write_waiting();
}

void memory_file::write_waiting() {
    const std::vector<std::string> waiting = lines_.take_all();
    if (waiting.empty()) {
        return;
    }
    std::string together;
    for (const std::string& each : waiting) {
        together += each;
    }
    append(together, waiting.size());
    lines_.settle(together.size());
    if (!counters_.failing && size_of(options_.path) > 2 * size_after_rewrite_ + options_.slack_bytes) {
        write_anew();
    }
}

void memory_file::append(std::string_view lines, std::size_t count) {
    // Opened each time: a file that somebody moved away, or a disk that came back, is met as it is.
    const descriptor to(options_.path, O_WRONLY | O_APPEND | O_CREAT);
    const bool ok = to.ok() && (!torn_ || write_all(to.number(), "\n")) && write_all(to.number(), lines);
    torn_ = !ok;
    counters_.failing = !ok;
    (ok ? counters_.written : counters_.lost) += count;
}

void memory_file::write_anew() {
    // Also after a failure: the next try comes when the file has grown again, not at every line.
    size_after_rewrite_ = size_of(options_.path);
    const file from = opened_to_read(options_.path);
    auto making = options_.path;
    making += ".new";
    const descriptor to(making, O_WRONLY | O_CREAT | O_TRUNC);
    if (from == nullptr || !to.ok()) {
        return;
    }
    const auto keep = lines_worth_keeping(*from, now_() - options_.stale, options_.entries);
    std::rewind(from.get());
    std::size_t number = 0;
    bool ok = true;
    std::string together;
    const auto copy = [&](std::string_view text) {
        if (number < keep.size() && keep[number]) {
            together.append(text).push_back('\n');
        }
        ++number;
        if (together.size() > block) {
            ok = ok && write_all(to.number(), together);
            together.clear();
        }
    };
    each_line(*from, copy, [&] { ++number; });
    ok = ok && write_all(to.number(), together) && ::fsync(to.number()) == 0;
    std::error_code error;
    if (ok) {
        std::filesystem::rename(making, options_.path, error);
    }
    if (!ok || error) {
        std::filesystem::remove(making, error);
        return;
    }
    size_after_rewrite_ = size_of(options_.path);
    ++counters_.rewritten;
}

}  // namespace td::crm
