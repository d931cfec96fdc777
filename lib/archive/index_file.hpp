#pragma once
// The index as a SQLite file: rows of calls, which households they rang, and the files that hold their lines.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/call_tracker.hpp"
#include "archive/index_row.hpp"
#include "base/result.hpp"
#include "runtime/journal_blocks.hpp"

namespace td::archive {

/// A journal file as the index knows it.
struct indexed_file {
    file_no no = 0;
    std::string name;  ///< without .zst
    std::string node;
    std::string run;
    instant begun = instant::min();  ///< the start of the run where a header says it
    std::uint32_t seq = 0;
    bool compressed = false;           ///< when it was looked at last
    std::int64_t stamp = 0;            ///< size and time of it then, as one number
    bool whole = true;                 ///< it was read to its end
    bool went_on = false;              ///< the file before it was there when it was begun
    std::uint64_t head_until = 0;      ///< so much of its text is its head
    std::uint64_t memory_until = 0;    ///< so much tells again what the run remembers
    call_tracker::beginning still;     ///< what of that was still to come when it was read last
    std::vector<std::uint64_t> rules;  ///< blocks in which other rules come into force
    instant last{};                    ///< moment of its last line
    std::uint64_t unreadable = 0;      ///< lines
    std::int64_t last_call = 0;        ///< the highest row of the calls whose last line stands here
    runtime::block_table table;
};

/// The file that this one goes on from, where it is there and was read to its end.
[[nodiscard]] const indexed_file* file_before(const indexed_file& file, const std::vector<indexed_file>& all);

/// Which calls are wanted. What is not said wants all.
struct wanted_calls {
    std::optional<std::string> panel{};
    std::optional<std::string> flat{};
    std::optional<std::string> account{};
    std::optional<std::string> number{};
    std::optional<story::call_kind> kind{};
    std::optional<call::outcome> how{};
    std::optional<call::ended_by> who{};
    std::optional<story::ending> end{};
    std::optional<duration> at_least{};
    std::optional<duration> at_most{};
    instant since = instant::min();
    instant until = never;  ///< begun before it
    std::size_t limit = 0;  ///< 0: all
    bool latest_first = false;
};

class index_file {
public:
    /// Opens it, or makes it where there is none; one that is damaged or of another tdctl is made anew, and `anew` says
    /// why. Failures: not_allowed, full, unreachable.
    [[nodiscard]] static result<index_file> open(const std::filesystem::path& file, std::string& anew);
    index_file(index_file&&) noexcept;
    index_file& operator=(index_file&&) noexcept;
    ~index_file();

    [[nodiscard]] result<std::vector<indexed_file>> files();
    /// With what follows from its number: 0 makes it.
    [[nodiscard]] result<done> put(indexed_file& file);
    /// The file and every call whose last line stands in it.
    [[nodiscard]] result<done> remove(const indexed_file& file);

    [[nodiscard]] result<done> put(const index_row& row);
    [[nodiscard]] bool knows(const call_id& call);
    [[nodiscard]] result<std::vector<living_call>> living(const std::string& node);
    /// Replaces what was said of the node before.
    [[nodiscard]] result<done> put_living(const std::string& node, const std::vector<living_call>& living);

    [[nodiscard]] result<std::optional<index_row>> find(const call_id& call);
    /// Each row to `take`, by the moment of the name.
    [[nodiscard]] result<done> list(const wanted_calls& wanted, const std::function<void(const index_row&)>& take);
    /// Calls whose names begin like this one for as long as can be, the nearest first.
    [[nodiscard]] result<std::vector<call_id>> nearest(std::string_view name, std::size_t count);
    [[nodiscard]] result<std::uint64_t> calls();

    /// Everything between the two is done whole or not at all.
    [[nodiscard]] result<done> begin();
    [[nodiscard]] result<done> commit();
    void roll_back();

private:
    struct insides;
    explicit index_file(std::unique_ptr<insides> in);
    std::unique_ptr<insides> in_;
};

}  // namespace td::archive
