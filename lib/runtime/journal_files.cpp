#include "runtime/journal_files.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "runtime/journal_blocks.hpp"
#include "runtime/journal_text.hpp"
#include "runtime/open_file.hpp"

namespace td::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view plain_end = ".jsonl";
constexpr std::string_view compressed_end = ".jsonl.zst";
constexpr std::size_t step_bytes = std::size_t{1} << 20U;
constexpr int compression_level = 3;  // five times smaller, 200 MB/s; a higher level buys little for journals

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char each) { return each >= '0' && each <= '9'; });
}

/// 20261123T023452Z
bool is_run(std::string_view text) {
    return text.size() == 16 && all_digits(text.substr(0, 8)) && text[8] == 'T' && all_digits(text.substr(9, 6)) &&
           text[15] == 'Z';
}

/// What run_text made; nothing for digits that are no time.
std::optional<instant> begin_of_run(std::string_view run) {
    std::string text(run);
    text.insert(13, ":").insert(11, ":").insert(6, "-").insert(4, "-");
    return parse_rfc3339(text);
}

/// Reads up to a step; nothing at the end, a failure that errno explains as -1.
ssize_t read_some(int fd, std::string& into) {
    into.resize(step_bytes);
    ssize_t count = 0;
    do {
        count = ::read(fd, into.data(), into.size());
    } while (count < 0 && errno == EINTR);
    into.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return count;
}

}  // namespace

std::string journal_file_name::text() const {
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "%05u", seq);
    std::string name = node + '-' + run + '-' + number.data();
    return name.append(compressed ? compressed_end : plain_end);
}

std::optional<journal_file_name> journal_file_name::parse(std::string_view text) {
    journal_file_name name;
    name.compressed = text.ends_with(compressed_end);
    if (!name.compressed && !text.ends_with(plain_end)) {
        return std::nullopt;
    }
    text.remove_suffix(name.compressed ? compressed_end.size() : plain_end.size());
    // From the right, because a node's name may hold dashes: -<seq>, then -<run>.
    const auto before_seq = text.rfind('-');
    if (before_seq == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view seq = text.substr(before_seq + 1);
    const std::string_view head = text.substr(0, before_seq);
    const auto before_run = head.rfind('-');
    if (before_run == std::string_view::npos || !is_run(head.substr(before_run + 1)) || seq.size() < 5 ||
        !all_digits(seq) || !is_node_name(head.substr(0, before_run))) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(seq.data(), seq.data() + seq.size(), name.seq);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    name.node = head.substr(0, before_run);
    name.run = head.substr(before_run + 1);
    return name;
}

std::string run_text(instant at) {
    std::string text = rfc3339(at).substr(0, 19);
    std::erase_if(text, [](char each) { return each == '-' || each == ':'; });
    return text + 'Z';
}

bool is_node_name(std::string_view text) {
    const auto allowed = [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
               each == '.' || each == '_' || each == '-';
    };
    return !text.empty() && text.size() <= 64 && text.front() != '.' && std::all_of(text.begin(), text.end(), allowed);
}

std::vector<fs::path> journal_files(const fs::path& dir, std::string_view node) {
    std::vector<fs::path> files;
    std::error_code error;
    fs::directory_iterator each(dir, error);
    for (; !error && each != fs::directory_iterator(); each.increment(error)) {
        const auto name = journal_file_name::parse(each->path().filename().string());
        std::error_code ignored;  // a file that vanishes meanwhile is no longer ours to list
        if (name && name->node == node && each->is_regular_file(ignored)) {
            files.push_back(each->path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

instant run_after(const fs::path& dir, std::string_view node, instant wall) {
    instant begin = wall;
    for (const fs::path& file : journal_files(dir, node)) {
        const auto name = journal_file_name::parse(file.filename().string());
        const auto former = name ? begin_of_run(name->run) : std::nullopt;
        if (former && is_run(run_text(*former + 1s))) {  // there is no year 10000 in a file's name
            begin = std::max(begin, *former + 1s);
        }
    }
    return begin;
}

std::size_t delete_older_journals(const fs::path& dir, std::string_view node, instant before, const fs::path& current) {
    std::size_t deleted = 0;
    for (const fs::path& file : journal_files(dir, node)) {
        struct stat seen {};
        if (file == current || ::stat(file.c_str(), &seen) != 0) {
            continue;
        }
        const instant written{std::chrono::seconds{seen.st_mtim.tv_sec}};
        if (written < before && ::unlink(file.c_str()) == 0) {
            ++deleted;
        }
    }
    return deleted;
}

result<std::string> read_journal_file(const fs::path& file, std::size_t size_limit) {
    auto from = journal_text::open(file);
    if (!from) {
        return from.why();
    }
    std::string text;
    if (struct stat seen{}; ::stat(file.c_str(), &seen) == 0 && seen.st_size > 0) {
        // With room for the padding that a journal::reader appends, so that it need not copy the text.
        text.reserve(std::min(static_cast<std::size_t>(seen.st_size), size_limit) + journal_text::piece_bytes + 64);
    }
    for (;;) {
        const auto count = from->read(text);
        if (!count) {
            return count.why();
        }
        if (text.size() > size_limit) {
            return failure{failure_kind::full,
                           "journal " + file.string() + ": more than " + std::to_string(size_limit) + " bytes"};
        }
        if (*count == 0) {
            return text;
        }
    }
}

struct journal_compression::insides {
    fs::path source;
    fs::path target;
    fs::path part;
    open_file from;
    open_file to;
    block_cutter cutter;
    std::string piece;
    std::string block;  ///< what the next frame holds
    bool any = false;   ///< a frame was written
    std::string wrong;
    bool in_order = true;

    bool give_up(std::string why) {
        in_order = false;
        wrong = "journal " + source.string() + ": not compressed: " + std::move(why);
        drop_part();
        return false;
    }

    void drop_part() {
        if (to.is_open()) {
            to.close();
            ::unlink(part.c_str());
        }
        from.close();
    }

    bool begin() {
        from = open_file(source, O_RDWR);  // the lock needs no more, NFS wants the right to write
        if (!from.is_open() || ::flock(from.fd(), LOCK_EX | LOCK_NB) != 0) {
            const bool ordinary = errno == EWOULDBLOCK || errno == ENOENT;
            give_up(errno_text());
            in_order = ordinary;
            return false;
        }
        to = open_file(part, O_WRONLY | O_CREAT | O_TRUNC);
        return to.is_open() || give_up(errno_text());
    }

    /// A frame a block, so that a line is found without unpacking all before it.
    bool pack_piece() {
        std::string_view rest = piece;
        while (!rest.empty()) {
            const auto cut = cutter.take(rest);
            block.append(rest.substr(0, cut.length));
            rest.remove_prefix(cut.length);
            if (cut.ends && !pack_block()) {
                return false;
            }
        }
        return true;
    }

    bool pack_block() {
        const auto packed = packed_block(block, compression_level);
        if (!packed) {
            return give_up(packed.why().text);
        }
        if (to.write(*packed) != packed->size()) {
            return give_up(errno_text());
        }
        block.clear();
        any = true;
        return true;
    }

    /// The copy keeps the time of the last line, which is what `keep` goes by.
    bool finish() {
        struct stat seen {};
        if ((!block.empty() || !any) && !pack_block()) {
            return false;
        }
        if (::fstat(from.fd(), &seen) != 0) {
            return give_up(errno_text());
        }
        const std::array<timespec, 2> times{seen.st_atim, seen.st_mtim};
        if (::futimens(to.fd(), times.data()) != 0 || ::fsync(to.fd()) != 0 ||
            ::rename(part.c_str(), target.c_str()) != 0) {
            return give_up(errno_text());
        }
        to.close();
        ::unlink(source.c_str());
        from.close();
        return false;
    }
};

journal_compression::journal_compression(fs::path file) : in_(std::make_unique<insides>()) {
    in_->target = file.string() + ".zst";
    in_->part = file.string() + ".zst.part";
    in_->source = std::move(file);
}

journal_compression::~journal_compression() {
    in_->drop_part();
}

bool journal_compression::step() {
    insides& in = *in_;
    if (!in.from.is_open() && !in.begin()) {
        return false;
    }
    const ssize_t count = read_some(in.from.fd(), in.piece);
    if (count < 0) {
        return in.give_up(errno_text());
    }
    return count == 0 ? in.finish() : in.pack_piece();
}

const std::string& journal_compression::wrong() const {
    return in_->wrong;
}

bool journal_compression::in_order() const {
    return in_->in_order;
}

}  // namespace td::runtime
