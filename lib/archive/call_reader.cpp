#include "archive/call_reader.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/glance.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_blocks.hpp"

namespace td::archive {
namespace {

/// Feeds a call's gatherer from files.
class call_reader {
public:
    call_reader(const index& from, const index_row& row) : from_(from), row_(row), call_(row.call) {}

    result<story::call_lines> read() {
        const indexed_file* before = nullptr;
        for (const part& each : parts()) {
            if (auto told = read(*each.file, each.blocks); !told) {
                return told.why();
            }
            tell_hole(before, *each.file);
            before = each.file;
        }
        if (row_.end != story::ending::told && before != nullptr) {
            tell_lost_end(*before);
        }
        auto lines = call_.finish();
        lines.without_record = row_.end == story::ending::told ? story::ending::living : row_.end;
        return lines;
    }

private:
    /// What is read of a file.
    struct part {
        const indexed_file* file = nullptr;
        std::vector<std::uint32_t> blocks;

        void add_up_to(std::uint64_t text) {
            for (std::uint32_t each = 0; each < file->table.count() && file->table.texts[each] < text; ++each) {
                blocks.push_back(each);
            }
        }
    };

    [[nodiscard]] std::vector<part> parts() const {
        std::vector<part> all;
        bool begins_later = false;
        for (const place& each : row_.places) {
            const auto file = std::ranges::find(from_.files(), each.file, &indexed_file::no);
            if (file == from_.files().end()) {
                begins_later = begins_later || all.empty();
                continue;  // it is gone: the next one tells again what is needed
            }
            if (all.empty() || all.back().file != &*file) {
                all.push_back({&*file, {}});
            }
            all.back().blocks.push_back(each.block);
        }
        if (all.empty()) {
            return all;
        }
        const auto behind =
            std::ranges::lower_bound(all.front().file->rules, std::uint64_t{all.front().blocks.front()});
        if (behind != all.front().file->rules.begin()) {
            all.front().blocks.push_back(static_cast<std::uint32_t>(*std::prev(behind)));
        }
        all.front().blocks.push_back(0);  // the header says what is in force where the file begins
        if (begins_later) {
            add_first_tellers(all);
        }
        for (part& each : all) {
            if (each.file->went_on && !goes_on(*each.file)) {
                each.add_up_to(each.file->head_until);
            }
            std::ranges::sort(each.blocks);
            each.blocks.erase(std::unique(each.blocks.begin(), each.blocks.end()), each.blocks.end());
        }
        return all;
    }

    /// Its first files are gone. What is left of the run tells it again: in the head of the first file, or where the
    /// run says what it remembers.
    void add_first_tellers(std::vector<part>& all) const {
        std::vector<part> earlier;
        for (const auto* file = all.front().file; file != nullptr; file = file_before(*file, from_.files())) {
            part& each = file == all.front().file ? all.front() : earlier.emplace_back(part{file, {}});
            each.add_up_to(file->memory_until);
        }
        if (!earlier.empty()) {
            earlier.back().add_up_to(earlier.back().file->head_until);
            std::erase_if(earlier, [](const part& each) { return each.blocks.empty(); });
            all.insert(all.begin(), earlier.rbegin(), earlier.rend());
        }
    }

    static bool same_run(const indexed_file& a, const indexed_file& b) {
        return a.node == b.node && a.run == b.run && a.begun == b.begun;
    }

    /// The files of the run between these two numbers that are not there, in words; none for none.
    [[nodiscard]] std::string missing(const indexed_file& of, std::uint32_t above, std::uint32_t below) const {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        for (std::uint32_t seq = above + 1; seq < below; ++seq) {
            if (std::ranges::none_of(from_.files(),
                                     [&](const auto& each) { return same_run(each, of) && each.seq == seq; })) {
                first = first == 0 ? seq : first;
                last = seq;
            }
        }
        if (first == last) {
            return first == 0 ? "" : "file " + std::to_string(first) + " of its run is missing";
        }
        return "files of its run between " + std::to_string(first) + " and " + std::to_string(last) + " are missing";
    }

    void tell_hole(const indexed_file* before, const indexed_file& now) {
        const bool same = before != nullptr && same_run(*before, now);
        const std::string files = same ? missing(now, before->seq, now.seq) : "";
        if (!files.empty()) {
            call_.take_hole("The journal has a hole: " + files + "; what stood there is not told" +
                            (told_again_ ? ", but for what file " + std::to_string(now.seq) + " tells again." : "."));
        }
    }

    /// It seems to live, but the file that would tell its end is not there.
    void tell_lost_end(const indexed_file& last) {
        std::uint32_t next = 0;
        for (const indexed_file& each : from_.files()) {
            next = same_run(each, last) && each.seq > last.seq && (next == 0 || each.seq < next) ? each.seq : next;
        }
        const std::string files = missing(last, last.seq, next);
        if (!files.empty()) {
            call_.take_hole("The journal has a hole: " + files + "; its end may have stood there.");
        }
    }

    [[nodiscard]] bool goes_on(const indexed_file& file) const { return file_before(file, from_.files()) != nullptr; }

    result<done> read(const indexed_file& file, const std::vector<std::uint32_t>& blocks) {
        const bool follows = goes_on(file);
        const auto texts = runtime::read_blocks(from_.path_of(file), file.table, blocks);
        if (!texts) {
            return texts.why();
        }
        call_.begin_file(file.begun);
        told_again_ = false;
        told_before_ = call_.found().lines.empty() ? std::nullopt : std::optional(call_.found().lines.back().at);
        for (std::size_t at = 0; at < blocks.size(); ++at) {
            take((*texts)[at], file.table.texts.at(blocks[at]), file, follows);
        }
        return done{};
    }

    void take(std::string_view text, std::uint64_t offset, const indexed_file& file, bool follows) {
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            const std::string_view line = text.substr(0, end);
            const bool in_head = offset > 0 && offset < file.head_until;
            if (!(in_head && follows) && may_concern(line)) {
                if (auto told = reader_.read(line)) {
                    take(std::move(*told), in_head, offset < file.memory_until);
                }
            }
            offset += end + 1;
            text.remove_prefix(end + 1);
        }
    }

    void take(journal::entry told, bool in_head, bool in_memory) {
        using hand = story::gatherer::hand;
        if (!in_head || !told_before_) {
            call_.take(std::move(told), in_head || in_memory ? hand::second : hand::first);
        } else if (told.at > *told_before_) {
            call_.take(std::move(told), hand::first);  // it stood in the files that are missing
            told_again_ = true;
        }
    }

    [[nodiscard]] bool may_concern(std::string_view line) const {
        const glance seen = look_at(line);
        switch (seen.what) {
            case glance::kind::of_call:
            case glance::kind::arrival:
            case glance::kind::accounts:
            case glance::kind::record: return seen.call == row_.call.text();
            case glance::kind::nobody: return line.find(row_.call.text()) != std::string_view::npos;
            case glance::kind::unknown:
            case glance::kind::header:
            case glance::kind::rules:
            case glance::kind::gap:
            case glance::kind::panel_left:
            case glance::kind::registered:
            case glance::kind::recalled:
            case glance::kind::general: return true;
        }
        return true;
    }

    const index& from_;
    const index_row& row_;
    story::gatherer call_;
    journal::reader reader_;
    bool told_again_ = false;             ///< by the head of the file that is read
    std::optional<instant> told_before_;  ///< the last line that files before this one told of it
};

}  // namespace

result<story::call_lines> lines_of(const index& from, const index_row& row) {
    return call_reader(from, row).read();
}

}  // namespace td::archive
