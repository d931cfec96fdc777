// Lines that a full disk has dropped: the files behind them are checked as far as they know their calls, and none
// differs.

#include <set>

#include "call/whose.hpp"
#include "catch.hpp"
#include "journal/recollection.hpp"
#include "world_journals.hpp"

namespace td::test {
namespace {

/// The lines of each step of a file, behind its head.
std::vector<strings> steps_of(const strings& lines) {
    std::vector<strings> steps;
    for (std::size_t i = behind_head(lines); i < lines.size(); ++i) {
        if (!is_command(lines[i])) {
            steps.emplace_back();
        }
        steps.back().push_back(lines[i]);
    }
    return steps;
}

/// Writes files as a worker does whose disk has no room for a while.
class gappy_writer {
public:
    gappy_writer(const std::string& header, std::size_t steps_each)
        : header_(std::get<journal::header>(journal::reader().read(header).value().what)), steps_each_(steps_each) {
        header_.seq = 0;
        memory_.take({instant{}, journal::rules_changed{header_.rules}});
    }

    void take(const strings& step, bool room) {
        const auto news = reader_.read(step.front()).value();
        const auto* fact = std::get_if<call::fact>(&news.what);
        if (fact != nullptr) {
            draining_ = std::holds_alternative<call::drain_begun>(*fact) ||
                        (draining_ && !std::holds_alternative<call::memory_recalled>(*fact));
        }
        if (const auto begun = fact == nullptr ? std::nullopt : call::call_begun_by(*fact); begun && step.size() > 1) {
            living_.insert(*begun);
        }
        for (std::size_t i = 1; i < step.size(); ++i) {
            const auto wish = reader_.read(step[i]).value();
            if (const auto ended = call::call_finished_by(std::get<call::command>(wish.what))) {
                living_.erase(*ended);
            }
        }
        if (!room) {
            lost_.since = lost_.lines == 0 ? news.at : lost_.since;
            lost_.lines += step.size();
            return;
        }
        if (files.empty() || left_ == 0) {
            begin_file(news.at);
        }
        --left_;
        if (lost_.lines > 0) {
            lost_.living = std::vector<call_id>(living_.begin(), living_.end());
            lost_.draining = draining_;
            std::string gap;
            journal::write(gap, news.at, lost_);
            gap.pop_back();
            put(gap);
            lost_ = {};
        }
        for (const std::string& line : step) {
            put(line);
        }
    }

    std::vector<strings> files;

private:
    void begin_file(instant at) {
        std::string retold;
        header_.retold = memory_.retell(retold);
        header_.holed = memory_.holed();
        ++header_.seq;
        std::string head;
        journal::write(head, at, header_);
        files.push_back(lines_of(head + retold));
        left_ = steps_each_;
    }
    void put(const std::string& line) {
        files.back().push_back(line);
        auto told = reader_.read(line).value();
        told.retold = false;
        memory_.take(std::move(told));
    }

    journal::header header_;
    std::size_t steps_each_;
    std::size_t left_ = 0;
    journal::reader reader_;
    journal::recollector memory_;
    journal::gap lost_;
    std::set<call_id> living_;
    bool draining_ = false;
};

TEST_CASE("replay: every file behind a gap is checked by itself, and none differs", "[replay]") {
    const auto [first, last] = seeds_wanted(300);
    std::uint64_t left_out = 0;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        random_source dice(seed);
        for (const strings& journals : {door_journals(seed), sos_journals(seed)}) {
            for (const std::string& text : journals) {
                const strings lines = lines_of(text);
                const auto steps = steps_of(lines);
                gappy_writer writer(lines.front(), 1 + dice.below(24));
                const std::size_t from = steps.empty() ? 0 : dice.below(steps.size());
                const std::size_t behind = from + 1 + dice.below(8);
                for (std::size_t i = 0; i < steps.size(); ++i) {
                    writer.take(steps[i], i < from || i >= behind);
                }
                for (const strings& file : writer.files) {
                    const found alone = check_alone(file);
                    INFO(name_of_seed(seed) << " file " << (&file - writer.files.data()) << ": " << alone.heard.words
                                            << alone.heard.damage);
                    REQUIRE(alone.counts.different == 0);
                    REQUIRE(alone.heard.damage.empty());
                    left_out += alone.counts.hole;
                    compared += alone.counts.remembered;
                }
            }
        }
    }
    CHECK(left_out > last - first);
    CHECK(compared > last - first);
}

}  // namespace
}  // namespace td::test
